import { createParser, type EventSourceMessage } from "eventsource-parser";
import * as fc from "fast-check";
import { messageText } from "../../../infra/page/live/stream";

/** What a reader of HTML's "Server-sent events" makes of a text. */
function read(text: string): readonly EventSourceMessage[] {
  const found: EventSourceMessage[] = [];
  createParser({ onEvent: (event) => found.push(event) }).feed(text);
  return found;
}

test("any text arrives as one message, with its line breaks as the format has them", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", ":", " ", "\n", "\r", "\u2028", "id: 7\n", "\n\n", "data:") }),
      (data) => {
        expect(read(messageText("state", data, 3))).toEqual([
          { event: "state", id: "3", data: data.replaceAll(/\r\n|\r/g, "\n") },
        ]);
      },
    ),
  );
});
