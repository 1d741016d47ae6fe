import { DEBIAN } from "../node/debianRoot";
import { brokenBySoak, INVARIANTS, type SoakFigures } from "../node/soak/invariants";
import { soak } from "../node/soak/soak";
import type { Part } from "./part";

/** Milliseconds for which hostile clients keep what they have. */
const HOLD_MS = 20_000;

/** Minutes of the soak; SOAK_MINUTES says another number. */
const MINUTES = 60;

/** Two nodes under attack for an hour. It is measured only when it is named. */
export const SOAK: Part = {
  name: "soak",
  onlyByName: true,
  requirements: [DEBIAN],
  measure: async (progress) => {
    const end = Date.now() + Number(process.env.SOAK_MINUTES ?? MINUTES) * 60_000;
    const figures = await soak({ goesOn: () => Date.now() < end, hold: HOLD_MS, progress });
    return { text: textOf(figures), figures, broken: brokenBySoak(figures) };
  },
};

function textOf(figures: SoakFigures): string {
  const { rounds, asked, held } = figures;
  const [first, last] = [held[0], held.at(-1)];
  const holds = Object.entries(INVARIANTS).map(
    ([name, broken]) => `  ${broken(figures).length === 0 ? "holds " : "BROKEN"} ${name}\n`,
  );
  return `soak, ${String(rounds)} rounds: ${String(asked)} requests of the well-behaved
${holds.join("")}held after the first and the last round: ${JSON.stringify(first)} ${JSON.stringify(last)}
`;
}
