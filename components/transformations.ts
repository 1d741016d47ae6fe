import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/**
 * Rules that hold for everything below a component. They are synchronous transformations: these see every resource
 * below, grandchildren too, at the moment of its registration, in previews, updates and tests alike.
 */

/**
 * Refuses any regional AWS resource whose `region` is not the given one.
 *
 * One provider serves all regions, so a forgotten `region` would put a resource into the provider's own region without
 * a word. The SDK sets the key `region` in the props of exactly the regional types, so its presence tells them from
 * global ones.
 *
 * @throws ResourceError naming the resource, its region and the one that it should have
 */
export function requireRegion(region: string): pulumi.ResourceTransformation {
  return ({ type, name, props, opts }) => {
    if ("region" in props && props.region !== region) {
      const given = props.region === undefined ? "none" : `"${String(props.region)}"`;
      // Handing over the resource itself would lose the message: it has no URN yet.
      throw new pulumi.ResourceError(`${type} "${name}": region must be "${region}", got ${given}`, opts.parent, true);
    }
    return undefined;
  };
}

/** Objects take ten tags at most (S3, "Categorizing your objects using tags"), and each costs a request. */
const UNTAGGED: readonly string[] = ["aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/objectCopy:ObjectCopy"];

/**
 * Route 53 takes ten tags in one call (ChangeTagsForResource, AddTags), and the provider makes one call of all of them
 * (terraform-provider-aws, internal/service/route53/tags_gen.go).
 */
const ROUTE53_TAG_LIMIT = 10;
const ROUTE53_TAGGED: readonly string[] = ["aws:route53/healthCheck:HealthCheck", "aws:route53/zone:Zone"];

/**
 * Tags everything that takes tags, and names it by its logical name. What a resource says itself wins. The user's tags
 * come after the footprint's own: what takes no more than ten has all of them, or those of the footprint alone.
 *
 * Objects in buckets are left out. The tags of an Auto Scaling group reach its instances from the group, not from the
 * launch template, so that editing a tag replaces no node.
 */
export function tagged(
  tags: Readonly<Record<string, string>>,
  users: Readonly<Record<string, string>> = {},
): pulumi.ResourceTransformation {
  return ({ type, name, props, opts }) => {
    if (!("tags" in props) || UNTAGGED.includes(type)) {
      return undefined;
    }
    const { tags: own } = props as { readonly tags: unknown };
    // ACM takes no asterisk in a tag.
    const footprint = { Name: name.replaceAll("*", "_"), ...tags };
    const all = { ...users, ...footprint };
    if (type === "aws:autoscaling/group:Group") {
      return { props: { ...props, tags: propagated(all, own as GroupTags | undefined) }, opts };
    }
    const [both, without] = [merged(all, own), merged(footprint, own)];
    const fits = !ROUTE53_TAGGED.includes(type) || Object.keys(both).length <= ROUTE53_TAG_LIMIT;
    return { props: { ...props, tags: fits ? both : without }, opts };
  };
}

function merged(tags: Readonly<Record<string, string>>, own: unknown): Readonly<Record<string, unknown>> {
  return { ...tags, ...(own as Readonly<Record<string, unknown>> | undefined) };
}

type GroupTags = readonly aws.types.input.autoscaling.GroupTag[];

/** An Auto Scaling group's tags are a list, and say of each whether instances get it. */
function propagated(tags: Readonly<Record<string, string>>, own: GroupTags = []): GroupTags {
  const taken = new Set(own.map((tag) => tag.key));
  const added = Object.entries(tags).filter(([key]) => !taken.has(key));
  return [...own, ...added.map(([key, value]) => ({ key, value, propagateAtLaunch: true }))];
}
