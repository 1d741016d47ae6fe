import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { liveNotes } from "../../infra/operate/live";
import { Edge } from "./edge";

let edge: Edge;
beforeEach(async () => {
  edge = await Edge.start();
});
afterEach(() => edge.stop());

const notes = () => liveNotes({ stack: "edge", outputs: edge.outputs }, { say: () => undefined }, edge.folder);

test("a plan has nothing to add about a deployment that is as the stack file says", async () => {
  expect(await notes()).toEqual([]);
});

test("a plan is told of PoPs that are switched off, of rolled-back refreshes, and of what cannot be read", async () => {
  const content = { reason: "packet loss", by: "eve@desk", at: "2026-01-02T03:04:05Z" };
  edge.cloud.put(edge.bucket("eu-central-1"), STORE_KEYS.drain, JSON.stringify(content));
  const group = edge.cloud.groups.get("edge-us-east-1")!;
  const refreshes = [{ id: "r-1", status: "RollbackSuccessful" }];
  edge.cloud.groups.set("edge-us-east-1", { ...group, refreshes });
  edge.cloud.groups.delete("edge-ap-southeast-2");

  expect(await notes()).toEqual([
    "ap-southeast-2: the Auto Scaling group cannot be read: Error: there is no Auto Scaling group edge-ap-southeast-2",
    "eu-central-1: switched off by eve@desk at 2026-01-02T03:04:05Z: packet loss; it stays so until `footprint undrain eu-central-1`",
    "us-east-1: the last instance refresh, r-1, was rolled back, to what the group had when it began, which after `pulumi up` is the new version: put the former image back in the stack file and `pulumi up`",
  ]);
});
