import { BOOTSTRAP } from "../../../components/node/bootstrap";

describe("the bootstrap", () => {
  test("is the same for every PoP: a change of this text replaces every node", () => {
    expect(BOOTSTRAP).toMatchSnapshot();
  });

  test("names no region and no bucket of its own", () => {
    expect(BOOTSTRAP).not.toMatch(/[a-z]{2}-[a-z]+-\d/);
    expect(BOOTSTRAP).not.toContain("s3.");
  });
});
