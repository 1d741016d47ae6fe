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

/**
 * Tags everything that takes tags, and names it by its logical name. What a resource says itself wins.
 *
 * Objects in buckets are left out: they take ten tags at most, and each costs a request. The tags of an Auto Scaling
 * group reach its instances from the group, not from the launch template, so that editing a tag replaces no node.
 */
export function tagged(tags: Readonly<Record<string, string>>): pulumi.ResourceTransformation {
  return ({ type, name, props, opts }) => {
    if (!("tags" in props) || type === "aws:s3/bucketObjectv2:BucketObjectv2") {
      return undefined;
    }
    const { tags: own } = props as { readonly tags: unknown };
    // ACM takes no asterisk in a tag.
    const all = { Name: name.replaceAll("*", "_"), ...tags };
    const merged =
      type === "aws:autoscaling/group:Group"
        ? propagated(all, own as GroupTags | undefined)
        : { ...all, ...(own as Readonly<Record<string, unknown>> | undefined) };
    return { props: { ...props, tags: merged }, opts };
  };
}

type GroupTags = readonly aws.types.input.autoscaling.GroupTag[];

/** An Auto Scaling group's tags are a list, and say of each whether instances get it. */
function propagated(tags: Readonly<Record<string, string>>, own: GroupTags = []): GroupTags {
  const taken = new Set(own.map((tag) => tag.key));
  const added = Object.entries(tags).filter(([key]) => !taken.has(key));
  return [...own, ...added.map(([key, value]) => ({ key, value, propagateAtLaunch: true }))];
}
