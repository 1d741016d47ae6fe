import { SOCKETS } from "../sockets";

/** Longest request target, bytes: above what browsers and caches agree on, below what Varnish takes. */
export const TARGET_LIMIT = 8000;

/** The action by which site.lua takes out of the cache what a request has changed. */
export const CHANGED = "changed";

/** Renders the part of site.lua (siteLua.ts) that has it. */
export function changedLua(cluster: boolean): string {
  return `-- What an origin names by a reference (RFC 3986, section 5.2), as a target of its site; nil for another site's.
local function named_target(reference, host, base)
    reference = reference:match("^[^#]*")
    local rest = reference:match("^[Hh][Tt][Tt][Pp][Ss]?:(//.*)$") or reference
    local authority, target = rest:match("^//([^/?]*)(.*)$")
    if authority then
        if authority:gsub(":%d*$", ""):lower() ~= host then
            return nil
        end
        return target:sub(1, 1) == "/" and target or "/" .. target
    end
    if rest:find("^[A-Za-z][A-Za-z0-9+.-]*:") then
        return nil
    end
    local path = base:match("^[^?]*")
    if rest == "" then
        return base
    elseif rest:sub(1, 1) == "/" then
        return rest
    elseif rest:sub(1, 1) == "?" then
        return path .. rest
    end
    return path:match("^(.*/)") .. rest
end

-- A request that changed something, and succeeded, makes invalid what it named (RFC 9111, section 4.4): its own URL, and
-- those of Location and Content-Location where they are of the same site. Varnish is told before the client is.
core.register_action("${CHANGED}", { "http-res" }, function(txn)
    local host, base = txn:get_var("txn.host"), txn:get_var("txn.base")
    local site, fields = parse(txn:get_var("txn.keys")), txn.http:res_get_headers()
    local requests = { "CHANGED " .. base .. " HTTP/1.1\\r\\nHost: " .. host .. "\\r\\n" }
    for _, field in ipairs({ "location", "content-location" }) do
        local value = fields[field] and fields[field][0]
        local target = value and named_target(value, host, base)
        target = target and canonical(target, site)
        -- What no request can have asked for is not stored.
        if target and #target <= ${String(TARGET_LIMIT)} and target:find("^/[!-~]*$") then
            requests[#requests + 1] = "CHANGED " .. target .. " HTTP/1.1\\r\\nHost: " .. host .. "\\r\\n"
        end
    end
${changedHere(cluster)}end)
`;
}

/** Tells Varnish what has changed, and where the PoP's nodes are one cache the owner, too. */
function changedHere(cluster: boolean): string {
  return cluster
    ? `    local function tell(path, where)
        local socket = core.tcp()
        socket:settimeout(1)
        local answer = socket:connect("unix@" .. path)
            and socket:send(table.concat(requests, "\\r\\n") .. "Connection: close\\r\\n\\r\\n")
            and socket:receive("*a")
        socket:close()
        local _, done = (answer or ""):gsub("HTTP/1.1 200 ", "")
        if done < #requests then
            core.Warning("not taken out of the cache " .. where .. " after a change: " .. host .. base)
        end
    end
    tell("${SOCKETS.cachePurge}", "here")
    -- The owner of a URL too, or this node would get the former response back from there.
    tell("${SOCKETS.changes}", "of its owner")
`
    : `    local socket = core.tcp()
    socket:settimeout(1)
    local answer = socket:connect("unix@${SOCKETS.cachePurge}")
        and socket:send(table.concat(requests, "\\r\\n") .. "Connection: close\\r\\n\\r\\n")
        and socket:receive("*a")
    socket:close()
    local _, done = (answer or ""):gsub("HTTP/1.1 200 ", "")
    if done < #requests then
        core.Warning("not taken out of the cache after a change: " .. host .. base)
    end
`;
}
