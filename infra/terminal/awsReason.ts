import { plain } from "./plain";
import { UserError } from "./userError";

// The SDK would warn on each run that its releases of 2027 want a newer Node. Ours is pinned by the lockfile.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

/** What went wrong with a call, in one line that says what to do about missing credentials. */
export function awsReason(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  if (error instanceof UserError) {
    return error.message;
  }
  return error.name === "CredentialsProviderError"
    ? "no AWS credentials (set AWS_PROFILE, or sign in with `aws sso login`)"
    : plain(`${error.name}: ${error.message.split("\n")[0] ?? ""}`);
}
