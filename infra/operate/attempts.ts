import { setTimeout as sleep } from "node:timers/promises";
import { S3ServiceException } from "@aws-sdk/client-s3";
import { awsReason } from "../terminal/awsReason";

/** How often something is tried before it is given up. Of ten who write at once, one gets through each time. */
const TRIES = 10;

/** Longest pauses before the second try and before any, ms: twice as long each time, some ten seconds in all. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [200, 4000];

/** Where attempts say that there will be another, and how they wait. */
export interface Patience {
  /** Told why something is tried again. */
  readonly say: (line: string) => void;
  /** Milliseconds; default: the machine's clock. */
  readonly pause?: (milliseconds: number) => Promise<unknown>;
}

/** An outcome, or why there is none yet. */
export type Outcome<T> = { readonly value: T } | { readonly again: string };

/**
 * Tries until there is a value. Several who meet do not meet again: each waits for a random part of the pause. What is
 * thrown and may pass (the connection is lost, the store is busy) is tried again as well.
 *
 * @throws what the last try threw, or why it was given up
 */
export async function attempts<T>({ say, pause = sleep }: Patience, attempt: () => Promise<Outcome<T>>): Promise<T> {
  for (let done = 1; ; done += 1) {
    let outcome: Outcome<T>;
    try {
      outcome = await attempt();
    } catch (error) {
      if (!mayPass(error) || done === TRIES) {
        throw error;
      }
      outcome = { again: awsReason(error) };
    }
    if ("value" in outcome) {
      return outcome.value;
    }
    if (done === TRIES) {
      throw new Error(`given up after ${String(TRIES)} tries: ${outcome.again}`);
    }
    say(`${outcome.again}; trying again (${String(done + 1)} of ${String(TRIES)})`);
    await pause(Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (done - 1)));
  }
}

/** What AWS refuses it refuses tomorrow, too; but for conflicts (409), requests that took too long (408) and too many (429). */
function mayPass(error: unknown): boolean {
  if (error instanceof S3ServiceException) {
    const { httpStatusCode = 500 } = error.$metadata;
    return httpStatusCode >= 500 || [408, 409, 429].includes(httpStatusCode);
  }
  return error instanceof Error && (error.name === "TimeoutError" || "code" in error);
}
