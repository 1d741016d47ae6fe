import type { Answer } from "./wire";

/** Whether instances of a launch template's version get a public address, by `<region> <id> <version>`. */
export type LaunchTemplates = Map<string, boolean>;

/** DescribeLaunchTemplateVersions of one version (EC2 API Reference): of one that is not there it says nothing. */
export function launchTemplateVersions(all: LaunchTemplates, region: string, asked: URLSearchParams): Answer {
  const address = all.get(
    `${region} ${asked.get("LaunchTemplateId") ?? ""} ${asked.get("LaunchTemplateVersion.1") ?? ""}`,
  );
  const found =
    address === undefined
      ? ""
      : "<item><launchTemplateData><networkInterfaceSet><item>" +
        `<associatePublicIpAddress>${String(address)}</associatePublicIpAddress>` +
        "</item></networkInterfaceSet></launchTemplateData></item>";
  return {
    status: 200,
    headers: { "content-type": "text/xml" },
    body:
      "<DescribeLaunchTemplateVersionsResponse><requestId>r</requestId>" +
      `<launchTemplateVersionSet>${found}</launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>`,
  };
}
