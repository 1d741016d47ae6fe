/** Milliseconds that a turn of the event loop counts at most. */
const TURN_MS = 100;

/**
 * Gives up after a time of this process: a turn of its event loop counts 100 ms, however long it took. Where all of AWS is on
 * one machine, who does not get to run for two seconds must not be taken for somebody who does not answer.
 *
 * @returns what ends it
 */
export function timeLimit(ms: number, over: () => void): () => void {
  let left = ms;
  let timer: NodeJS.Timeout | undefined;
  const turn = (): void => {
    const part = Math.min(TURN_MS, left);
    if (part <= 0) {
      over();
      return;
    }
    left -= part;
    timer = setTimeout(turn, part);
  };
  turn();
  return () => {
    clearTimeout(timer);
  };
}
