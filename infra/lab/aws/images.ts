import type { Answer } from "./wire";

/** When machine images were made (ISO 8601), by region and id. */
export type Images = Map<string, string>;

/** DescribeImages of one id (EC2 API Reference): an id that is not there is an error of its own. */
export function images(all: Images, region: string, asked: URLSearchParams): Answer {
  const id = asked.get("ImageId.1") ?? "";
  const made = all.get(`${region} ${id}`);
  return made === undefined
    ? xml(
        400,
        "<Response><Errors><Error><Code>InvalidAMIID.NotFound</Code>" +
          `<Message>The image id '[${id}]' does not exist</Message></Error></Errors><RequestID>r</RequestID></Response>`,
      )
    : xml(
        200,
        "<DescribeImagesResponse><requestId>r</requestId><imagesSet>" +
          `<item><imageId>${id}</imageId><creationDate>${made}</creationDate></item></imagesSet></DescribeImagesResponse>`,
      );
}

function xml(status: number, body: string): Answer {
  return { status, headers: { "content-type": "text/xml" }, body };
}
