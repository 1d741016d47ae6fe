import * as pulumi from "@pulumi/pulumi";

/** What is looked at are names and regions, which are texts and known in a preview. */
type Look = (inputs: Readonly<Record<string, string | undefined>>) => void;

/**
 * Refuses that a host goes to a hosted zone which is made only now, unless its certificate is made now as well: that one
 * waits until the zone is delegated. A host that is served already would leave the zone that clients ask for one that
 * nobody is told to ask. A hook of the engine does it, so the preview refuses it, too.
 *
 * @param zoneOf zone that a host is in
 */
export function newZones(zoneOf: (host: string) => string | undefined): pulumi.ResourceTransformation {
  const hooks = new Map<string, pulumi.ResourceHook>();
  const looks = looksOf(zoneOf);
  const hookOf = (type: string, look: Look): pulumi.ResourceHook => {
    const before = ({ newInputs = {} }: pulumi.ResourceHookArgs) => {
      look(newInputs as Parameters<Look>[0]);
    };
    const made = hooks.get(type) ?? new pulumi.ResourceHook(`new-zones ${type}`, before, { onDryRun: true });
    hooks.set(type, made);
    return made;
  };
  return ({ type, props, opts }) => {
    const look = looks[type];
    if (look === undefined) {
      return undefined;
    }
    const beforeCreate = [...(opts.hooks?.beforeCreate ?? []), hookOf(type, look)];
    return { props, opts: { ...opts, hooks: { ...opts.hooks, beforeCreate } } };
  };
}

/** What is looked at before it is created, by its type: zones and certificates are, before the records that need them. */
export function looksOf(zoneOf: (host: string) => string | undefined): Readonly<Record<string, Look>> {
  const zones = new Set<string | undefined>();
  const certificates = new Set<string>();
  return {
    "aws:route53/zone:Zone": ({ name }) => {
      zones.add(name);
    },
    "aws:acm/certificate:Certificate": ({ region, domainName }) => {
      certificates.add(`${region} ${domainName}`);
    },
    // A PoP's own names have no such identifier.
    "aws:route53/record:Record": ({ name = "", setIdentifier }) => {
      const zone = zoneOf(name);
      if (setIdentifier !== undefined && zones.has(zone) && !certificates.has(`${setIdentifier} ${name}`)) {
        throw new Error(
          `${name}: the hosted zone ${zone} is made by this update, and nobody asks it before it is ` +
            'delegated. Make it by hand, and hand the host over to its id (runbook, "Hand a zone over").',
        );
      }
    },
  };
}
