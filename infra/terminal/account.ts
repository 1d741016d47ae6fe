// First, since it silences a warning that the SDK would print when it is loaded.
import "./awsReason";
import { fromIni, fromNodeProviderChain, fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { proxyOptions } from "./proxy";

/** A role that is taken on, with the names and units of AWS's AssumeRole. */
export type Role = Parameters<typeof fromTemporaryCredentials>[0]["params"];

/** Services that are called, by the names that the provider's `aws:endpoints` has. */
export type Service =
  | "autoscaling"
  | "cloudwatch"
  | "ec2"
  | "elbv2"
  | "iam"
  | "kms"
  | "route53"
  | "s3"
  | "servicequotas"
  | "sns"
  | "ssm"
  | "sts";

/** Which account is meant, and how it is reached, as far as a stack file says it. */
export interface Account {
  /** Of the shared configuration; default: the environment's. */
  readonly profile?: string;
  /** Taken on one after the other, the first with the caller's own credentials. */
  readonly roles?: readonly Role[];
  readonly endpoints?: Readonly<Partial<Record<Service, string>>>;
  readonly s3UsePathStyle?: boolean;
  readonly useFipsEndpoint?: boolean;
  readonly useDualstackEndpoint?: boolean;
  /** These win over the environment's HTTPS_PROXY and NO_PROXY. */
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}

let current: Account = {};

/** From now on clients go by this account: what the stack file says that a command is about. */
export function goByAccount(account: Account): void {
  current = account;
}

interface Timeouts {
  readonly connectionTimeout?: number;
  readonly requestTimeout?: number;
  readonly throwOnRequestTimeout?: boolean;
}

/**
 * Options of an AWS client, beside its own: the account, the endpoint and the proxy that Pulumi goes by, too.
 *
 * @param region undefined: the environment's
 */
export function accountOptions(
  service: Service,
  region: string | undefined,
  timeouts: Timeouts = {},
  account: Account = current,
) {
  const { profile, roles = [] } = account;
  const isCallersOwn = profile === undefined && roles.length === 0;
  return {
    ...(isCallersOwn ? {} : { credentials: keptCredentials(account, region) }),
    ...wayTo(service, region, timeouts, account),
  };
}

type Credentials = Awaited<ReturnType<ReturnType<typeof fromIni>>>;

/** Milliseconds before their end at which the SDK asks for new credentials (its own number). */
const AHEAD_MS = 300_000;

const kept = new WeakMap<Account, Map<string, () => Promise<Credentials>>>();

/**
 * The account's credentials in a region, taken once for all clients there: each would take a role on for itself. Not
 * once for all regions, since what is away in one is not to keep commands from the others.
 */
function keptCredentials(account: Account, region: string | undefined): () => Promise<Credentials> {
  const ofAccount = kept.get(account) ?? new Map<string, () => Promise<Credentials>>();
  kept.set(account, ofAccount);
  const credentials = ofAccount.get(region ?? "") ?? once(credentialsOf(account, region));
  ofAccount.set(region ?? "", credentials);
  return credentials;
}

/** Asks again when what it has is about to end, and when it has failed. */
function once(ask: () => Promise<Credentials>): () => Promise<Credentials> {
  let asked: Promise<Credentials> | undefined;
  const anew = (): Promise<Credentials> => {
    const asking = ask();
    asked = asking;
    asking.catch(() => {
      asked = undefined;
    });
    return asking;
  };
  return async () => {
    const had = await (asked ?? anew());
    const ends = had.expiration?.getTime() ?? Infinity;
    return ends - Date.now() > AHEAD_MS ? had : anew();
  };
}

/** Credentials of the last role, or of the profile, which wins over keys in the environment as with Pulumi. */
function credentialsOf(account: Account, region: string | undefined) {
  const { profile, roles = [] } = account;
  const clientConfig = wayTo("sts", region, {}, account);
  return roles.reduce(
    (masterCredentials, params) => fromTemporaryCredentials({ masterCredentials, params, clientConfig }),
    profile === undefined ? fromNodeProviderChain({ clientConfig }) : fromIni({ profile, clientConfig }),
  );
}

/** Where a service is, and the proxy to it. */
function wayTo(service: Service, region: string | undefined, timeouts: Timeouts, account: Account) {
  const endpoint = account.endpoints?.[service];
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(service === "s3" && account.s3UsePathStyle === true ? { forcePathStyle: true } : {}),
    ...(account.useFipsEndpoint === true ? { useFipsEndpoint: true } : {}),
    ...(account.useDualstackEndpoint === true ? { useDualstackEndpoint: true } : {}),
    requestHandler: { ...timeouts, ...proxyOf(account) },
  };
}

function proxyOf({ httpsProxy, noProxy }: Account) {
  return proxyOptions({
    ...process.env,
    ...(httpsProxy === undefined ? {} : { HTTPS_PROXY: httpsProxy }),
    ...(noProxy === undefined ? {} : { NO_PROXY: noProxy }),
  });
}
