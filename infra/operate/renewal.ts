import { DescribeImagesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { awsReason } from "../terminal/awsReason";
import { clientOptions } from "./clients";
import type { Deployment } from "./pops";

/** How old what nodes are made of is, as far as the outputs tell what that is. */
export interface Renewal {
  /** When the nodes' packages were locked; null when the outputs do not tell. */
  readonly packages: Aged | null;
  /** The image from which each PoP's group launches nodes; `made` is null where AWS does not say it. */
  readonly images: readonly { readonly region: string; readonly id: string; readonly made: Aged | null }[];
  /** What is too old, and what is gone, each with what to do. */
  readonly attention: readonly string[];
}

interface Aged {
  /** ISO 8601. */
  readonly at: string;
  /** Whole days since then. */
  readonly days: number;
}

/**
 * Days after which image or packages need attention. Debian makes a point release of stable about every two months
 * (wiki.debian.org, "DebianReleases/PointReleases"): what is older than three lacks at least one, beside the security
 * updates of the time between.
 */
const TOLERATED_DAYS = 90;

const DAY_MS = 86_400_000;

/** Looks how old images and packages are. Never throws. */
export async function renewal({ stack, pops, outputs }: Deployment): Promise<Renewal> {
  const packages = outputs.packagesLockedAt === undefined ? null : aged(outputs.packagesLockedAt);
  const looks = await Promise.all(
    pops.flatMap(({ region }) => {
      const id = outputs.images?.[region];
      return id === undefined ? [] : [imageOf(stack, region, id)];
    }),
  );
  return {
    packages,
    images: looks.map(({ region, id, made }) => ({ region, id, made })),
    attention: [
      ...looks.flatMap(({ attention }) => attention),
      ...(packages !== null && packages.days > TOLERATED_DAYS
        ? [
            `the nodes' packages were locked ${String(packages.days)} days ago: \`footprint node lock\`, \`footprint node publish\`, and \`pulumi up\``,
          ]
        : []),
    ],
  };
}

async function imageOf(stack: string, region: string, id: string) {
  const newer = `\`footprint images --stack ${stack} --release latest\`, and \`pulumi up\``;
  const told = (made: Aged | null, ...attention: readonly string[]) => ({ region, id, made, attention });
  try {
    const created = await creationOf(region, id);
    if (created === undefined) {
      return told(null, `${region}: its image ${id} is gone, so its group can launch no node: ${newer}`);
    }
    const made = aged(created);
    return made.days > TOLERATED_DAYS
      ? told(made, `${region}: its image ${id} is ${String(made.days)} days old: ${newer}`)
      : told(made);
  } catch (error) {
    return told(null, `${region}: how old its image ${id} is cannot be read (${awsReason(error)})`);
  }
}

/** @returns undefined when there is no such image any more, or not for this account */
async function creationOf(region: string, id: string): Promise<string | undefined> {
  const ec2 = new EC2Client(clientOptions("ec2", region));
  try {
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id], IncludeDeprecated: true }));
    return Images[0]?.CreationDate;
  } catch (error) {
    if (error instanceof Error && /^InvalidAMIID\.(?:NotFound|Unavailable)$/.test(error.name)) {
      return undefined;
    }
    throw error;
  }
}

function aged(at: string): Aged {
  return { at, days: Math.max(0, Math.floor((Date.now() - Date.parse(at)) / DAY_MS)) };
}

/** One line: how old what is, the same ages together. */
export function renewalText({ packages, images }: Renewal): string {
  const days = new Map<string, string[]>();
  for (const { region, made } of images) {
    const age = made === null ? "of unknown age" : `of ${made.at.slice(0, 10)} (${daysText(made)})`;
    days.set(age, [...(days.get(age) ?? []), region]);
  }
  const all = [
    ...(packages === null ? [] : [`packages locked on ${packages.at.slice(0, 10)} (${daysText(packages)})`]),
    ...[...days].map(([age, regions]) => `image ${age}: ${regions.join(", ")}`),
  ];
  return all.join("; ");
}

function daysText({ days }: Aged): string {
  return days === 1 ? "1 day" : `${String(days)} days`;
}
