import { html } from "../../client/dom";
import type { LiveAction } from "../state";

const GROUPS = [
  { group: "fault", title: "What may go wrong" },
  { group: "operator", title: "What an operator does" },
] as const;

/**
 * A form for everything that is offered.
 *
 * @param waiting actions that have been asked for and not answered yet, or all while nobody would hear them
 */
export function actionForms(
  actions: readonly LiveAction[],
  waiting: ReadonlySet<string> | "all",
): readonly HTMLElement[] {
  return GROUPS.flatMap(({ group, title }) => {
    const offered = actions.filter((action) => action.group === group);
    const forms = offered.map((action) => form(action, waiting === "all" || waiting.has(action.id)));
    return forms.length === 0
      ? []
      : [html("fieldset", { "data-key": `actions-${group}` }, html("legend", {}, title), ...forms)];
  });
}

function form({ id, label, targets }: LiveAction, isWaiting: boolean): HTMLElement {
  // Not `disabled`, which would take the focus away from who has just pressed it.
  const off = isWaiting || targets?.length === 0 ? "true" : undefined;
  return html(
    "form",
    { "data-key": `action-${id}`, "data-action": id },
    html("button", { type: "submit", "aria-disabled": off }, label),
    ...(targets === null
      ? []
      : [
          html(
            "select",
            { "aria-label": `${label}: which one` },
            ...(targets.length === 0 ? [html("option", { value: "" }, "none now")] : []),
            ...targets.map((target) =>
              html("option", { "data-key": `${id} ${target.id}`, value: target.id }, target.label),
            ),
          ),
        ]),
  );
}
