import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { NodeFiles } from "../../components/node/nodeFiles";
import { HAPROXY_FILE } from "../../components/node/processes";
import { SHIELD_PROOF_FILE, shieldProof } from "../../components/node/protocol/shieldProof";
import { SOCKETS } from "../../components/node/sockets";
import { authority } from "../../infra/edge/authority";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { RunningLoadBalancer } from "../../infra/edge/loadBalancer";
import { freePorts } from "../../infra/edge/ports";
import { PrivateRoot } from "../../infra/edge/privateRoot";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import type { Answer } from "./origin/client";
import { reply, ScriptedOrigin } from "./origin/scripted";
import { until } from "./origin/until";
import { HOST, nameOf, Pool } from "./pooled";

const STORED = { "cache-control": "max-age=3600, stale-while-revalidate=3600, stale-if-error=3600" };
const SHIELD = "eu-central-1";
const EDGE = "us-east-1";
const BOTH = [0, 1] as const;

/** Who speaks in Cache-Status, in order. */
const speakers = ({ headers }: Answer): readonly string[] =>
  (headers["cache-status"] ?? "").split(/, */).map((member) => member.replace(/\..*/, ""));

/**
 * What is wanted: RFC 9211 for what caches say and in which order, RFC 8586 for loops, RFC 9111 for invalidation; of the issue
 * that a cold object costs one origin request in the whole footprint.
 */
describeWith([DEBIAN], "two PoPs of two nodes, each one cache, of which one shields the other", () => {
  let folder: string;
  let origin: ScriptedOrigin;
  let shield: Pool;
  let edge: Pool;
  let loadBalancer: RunningLoadBalancer;
  let count = 0;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-rings-"));
    origin = await ScriptedOrigin.start();
    const root = await PrivateRoot.start(debianRootFolder());
    const { certificate } = await authority(root, folder);
    await root.stop();
    const [https = 0, http = 0] = await freePorts(2);
    const proof = [...shieldProof(["present", "next"])].map(([key, value]) => `${key} ${value}\n`).join("");
    const start = (region: string): Promise<Pool> =>
      Pool.start(BOTH.length, {
        region,
        origin,
        trust: certificate,
        site: { shield: SHIELD, methods: ["GET", "HEAD", "POST"] },
        edit: (files): NodeFiles => ({
          ...files,
          // The name resolves nowhere, and nobody else may have 443.
          [HAPROXY_FILE]: (files[HAPROXY_FILE] ?? "").replaceAll(
            ` ${nameOf(SHIELD)}:443 `,
            ` 127.0.0.1:${String(https)} `,
          ),
          [SHIELD_PROOF_FILE]: proof,
        }),
      });
    shield = await start(SHIELD);
    edge = await start(EDGE);
    loadBalancer = await RunningLoadBalancer.start({
      root: debianRootFolder(),
      node: shield.node(0),
      hosts: [nameOf(SHIELD)],
      ports: { https, http },
      authorityFolder: folder,
    });
    await until("the shield is up", async () => (await Promise.all(BOTH.map(isUp))).every(Boolean));
  });

  afterAll(async () => {
    await loadBalancer.stop();
    await edge.stop();
    await shield.stop();
    await origin.stop();
    fs.rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    await all("1.1", "1.1");
  });

  /** Whether a node of the edge takes the shield to be up. */
  async function isUp(i: number): Promise<boolean> {
    const lines = (await edge.node(i).say(SOCKETS.admin, "show stat")).split("\n");
    const line = lines.find((each) => each.startsWith(`shields:${SHIELD},`) && !each.includes(",BACKEND,"));
    return line?.split(",")[17]?.startsWith("UP") === true;
  }

  /** How far all nodes of the shield are with purges, and all of the edge. */
  async function all(atShield: string, atEdge: string): Promise<void> {
    await Promise.all(
      BOTH.flatMap((i) => [shield.mark(i, atShield), edge.mark(i, atEdge, atEdge, `,${SHIELD}=${atEdge}`)]),
    );
  }

  function serve(body: string): string {
    count += 1;
    const target = `/rings/${String(count)}`;
    origin.on(target, reply(body, STORED));
    return target;
  }

  /** A URL that neither the shield's node behind the load balancer owns, nor the first one of the edge. */
  async function ownedByOthers(): Promise<string> {
    for (;;) {
      const target = serve("x");
      if (speakers(await edge.ask(0, target)).length === 4) {
        return target;
      }
    }
  }

  test("ask the origin once for what all nodes of both are asked for at once", async () => {
    for (let turn = 0; turn < 8; turn += 1) {
      const target = serve("x");

      const answers = await Promise.all(
        Array.from({ length: 10 }, () => BOTH.flatMap((i) => [edge.ask(i, target), shield.ask(i, target)])).flat(),
      );

      expect(new Set(answers.map(({ status, body }) => `${String(status)} ${body}`))).toEqual(new Set(["200 x"]));
      expect(origin.requests(target)).toHaveLength(1);
    }
  });

  test("say in order what each did: the shield's owner, the node that was asked there, the edge's owner, the node asked here", async () => {
    const target = await ownedByOthers();

    expect(origin.requests(target)).toHaveLength(1);
    expect(origin.requests(target)[0]?.headers["cdn-loop"]).toBe(`${nameOf(EDGE)}, ${nameOf(SHIELD)}`);
    expect(speakers(await edge.ask(0, target))).toEqual([SHIELD, SHIELD, EDGE, EDGE]);
    expect(
      (await edge.ask(0, target)).headers["cache-status"]?.split(/, */).map((each) => each.split("; ")[1]),
    ).toEqual([
      // As it was stored, and then what is done now.
      "fwd=miss",
      "fwd=miss",
      "hit",
      "fwd=miss",
    ]);
    expect((await edge.ask(0, target)).headers.via).toMatch(/^[^,]*, *[^,]*$/);
  });

  test("purges in the worst order leave nothing that is old: the nodes of the edge one by one, then those of the shield", async () => {
    const target = await ownedByOthers();
    origin.on(target, reply("new", STORED));
    const purge = { kind: "url", host: HOST, path: target } as const;

    // Entry 2 is in both logs.
    for (const i of BOTH) {
      await edge.mark(i, "1.1", "2.1", `,${SHIELD}=2.1`);
      await edge.cache(i).purge(purge, false);
      await edge.mark(i, "2.1", "2.1", `,${SHIELD}=2.1`);
      expect((await edge.ask(i, target)).body).toBe("new");
    }
    for (const i of BOTH) {
      await shield.mark(i, "1.1", "2.1");
      await shield.cache(i).purge(purge, false);
      await shield.mark(i, "2.1");
    }

    const bodies = await Promise.all(BOTH.flatMap((i) => [edge.ask(i, target), shield.ask(i, target)]));
    expect(bodies.map(({ body }) => body)).toEqual(["new", "new", "new", "new"]);
  });

  test("give copies of what is hot, at the edge and for it", async () => {
    const target = await ownedByOthers();
    const copy = await until("there is a copy", async () => {
      const answer = await edge.ask(0, target);
      return /detail=copy$/.test(answer.headers["cache-status"] ?? "") && answer;
    });

    expect(copy).toMatchObject({ status: 200, body: "x" });
    expect(speakers(copy)).toEqual([SHIELD, SHIELD, EDGE]);
    expect(Object.keys(copy.headers).filter((name) => name.startsWith("x-footprint-"))).toEqual([]);
  });

  test("hear of a change: no node that was part of it has the former response (RFC 9111, 4.4)", async () => {
    const target = await ownedByOthers();
    origin.on(target, reply("new", STORED));

    expect((await edge.ask(0, target, { method: "POST", body: "change" })).status).toBe(200);

    const bodies = await Promise.all(BOTH.flatMap((i) => [edge.ask(i, target), shield.ask(i, target)]));
    expect(bodies.map(({ body }) => body)).toEqual(["new", "new", "new", "new"]);
  });

  // Last: it ends a node.
  test("lose the owner at the shield without a failed request", async () => {
    const target = await ownedByOthers();
    await shield.node(1).kill("haproxy", "main");

    for (const other of [target, serve("x"), serve("x"), serve("x")]) {
      expect(await edge.ask(0, other)).toMatchObject({ status: 200, body: "x" });
    }
    await until("the shield's other node is alone", async () => (await shield.up(0)).length === 1);
    expect(await edge.ask(0, serve("x"))).toMatchObject({ status: 200, body: "x" });
  });
});
