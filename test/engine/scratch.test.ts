import * as fs from "node:fs";
import { small } from "../support/stacks";
import { Engine } from "./engine";

test("x", async () => {
  const engine = await Engine.open();
  const t = async <T>(l: string, f: () => Promise<T>) => { const s = Date.now(); const r = await f(); process.stderr.write(`${l} ${(Date.now() - s) / 1000}\n`); return r; };
  const settings = { defaults: { zones: 2, nodes: { min: 2, max: 4 }, egress: "direct" } };
  engine.write("one", { ...small({ "eu-west-1": {} }), ...settings });
  engine.write("three", { ...small({ "eu-west-1": {}, "us-east-1": {}, "ap-southeast-2": {} }), ...settings });
  const p1 = await t("preview1", () => engine.done("preview", "one"));
  fs.writeFileSync("/tmp/eng/p1.jsonl", p1.events);
  const u1 = await t("up1", () => engine.done("up", "one"));
  fs.writeFileSync("/tmp/eng/u1.jsonl", u1.events);
  fs.writeFileSync("/tmp/eng/u1.out", u1.stdout + u1.stderr);
  fs.copyFileSync(engine.folder + "/world/calls.jsonl", "/tmp/eng/calls1.jsonl");
  fs.writeFileSync("/tmp/eng/res.json", JSON.stringify(await engine.resources("one"), null, 1));
  const u2 = await t("up again", () => engine.done("up", "one"));
  process.stderr.write(JSON.stringify(u2.steps) + "\n");
  const r = await t("refresh", () => engine.done("refresh", "one"));
  process.stderr.write(JSON.stringify(r.steps.slice(0,3)) + "\n");
  const p3 = await t("preview3", () => engine.done("preview", "three", "--save-plan", "/tmp/eng/plan.json"));
  process.stderr.write(`${p3.steps.length}\n`);
  engine.close();
});
