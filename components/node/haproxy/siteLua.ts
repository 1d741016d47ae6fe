import { TAGS_LIMIT } from "../limits";
import { changedLua } from "./changedLua";
import { COOKIES } from "./cookiesLua";
import { refuse } from "./responses";

/**
 * Bytes of an origin's header, without its tags: with what the edge adds on the way to a client they fit into HAProxy's
 * buffer (global.ts).
 */
const FIELDS_SIZE_LIMIT = 24_000;

/** The program by which HAProxy puts URLs into one form, and takes from a request what its site's key names. */
export const SITE_LUA = "site.lua";

/** The actions that leave out of a request, and of a response, what Connection names. */
export const HOP_BY_HOP_REQUEST = "hop_by_hop_request";
export const HOP_BY_HOP = "hop_by_hop";

/**
 * Puts the request's target into its one form, and sets txn.told_apart where the site's key has more. A program costs
 * some microseconds: a target that has but one spelling, of a site without a key of its own, is not put to it.
 */
export function toOneForm(popName: string): string {
  return `    http-request set-var(txn.without_key) bool(true) if { var(txn.keys) -m found } or { pathq -m sub % /. }
    http-request lua.request if { var(txn.without_key) -m found }
${refuse(popName, { status: 500, text: "internal error", error: "proxy_internal_error", when: "if { var(txn.without_key) -m found }" })}`;
}

/** Renders /etc/haproxy/site.lua, which is the same for all sites. */
export function siteLua(cluster: boolean): string {
  return `-- The one form of a URL, which is its key in the cache, and what else tells responses apart. Requests (traffic) and
-- purges (purge) go through lua.request, and what an origin names after a change through the same: so all mean the same.

-- RFC 3986, section 6.2.2.2: an unreserved character is the same in percent-encoding; section 6.2.2.1: so are digits of
-- percent-encoding in both cases. All other characters are left as they are: to decode them could change the meaning.
local function percent_normalised(text)
    return (text:gsub("%%(%x%x)", function(digits)
        local character = string.char(tonumber(digits, 16))
        return character:find("[A-Za-z0-9._~-]") and character or "%" .. digits:upper()
    end))
end

-- RFC 3986, section 5.2.4. Two slashes are an empty segment, and stay.
local function without_dot_segments(path)
    if not (path .. "/"):find("/%.%.?/") then
        return path
    end
    local kept, last = {}, nil
    for segment in path:gmatch("/([^/]*)") do
        last = segment
        if segment == ".." then
            kept[#kept] = nil
        elseif segment ~= "." then
            kept[#kept + 1] = segment
        end
    end
    if last == "." or last == ".." then
        kept[#kept + 1] = ""
    end
    return "/" .. table.concat(kept, "/")
end

local function decoded(text)
    return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- A site's line of keys.map as a table: its lists of names, decoded. Kept, since it is the same text for each request.
local parsed = {}
local function parse(line)
    if not line then
        return {}
    end
    if not parsed[line] then
        local lists = {}
        for list, names in line:gmatch("([a-z]+)=([^;]*)") do
            lists[list] = {}
            for name in names:gmatch("[^,]+") do
                table.insert(lists[list], decoded(name))
            end
        end
        parsed[line] = lists
    end
    return parsed[line]
end

-- What the names keep of parts such as "page=1": those of one name stay in their order, the names in that of the list.
local function kept(parts, names, name_of)
    local by_name = {}
    for _, name in ipairs(names) do
        by_name[name] = {}
    end
    for _, part in ipairs(parts) do
        local found = by_name[name_of(part)]
        if found then
            found[#found + 1] = part
        end
    end
    local all = {}
    for _, name in ipairs(names) do
        table.move(by_name[name], 1, #by_name[name], #all + 1, all)
    end
    return all
end

local function parts_of(text, pattern)
    local parts = {}
    for part in text:gmatch(pattern) do
        parts[#parts + 1] = part
    end
    return parts
end

-- A request's target in the form that is its key. What is not in the key does not reach the origin either.
local function canonical(target, site)
    local path, query = target:match("^([^?]*)%??(.*)$")
    path = without_dot_segments(percent_normalised(path))
    if not site.query then
        return target:find("?", 1, true) and path .. "?" .. percent_normalised(query) or path
    end
    query = table.concat(kept(parts_of(percent_normalised(query), "[^&]+"), site.query, function(part)
        return decoded(part:match("^[^=]*"))
    end), "&")
    return query == "" and path or path .. "?" .. query
end

${COOKIES}-- Each line of a field counts, and each cookie of a name: an origin may look at any. A length before each value keeps
-- two sets of values from giving the same text.
local function told_apart(fields, site)
    local texts = {}
    for _, name in ipairs(site.headers or {}) do
        local lines = fields[name] or {}
        for i = 0, #lines do
            texts[#texts + 1] = lines[i] and name .. ":" .. #lines[i] .. ":" .. lines[i]
        end
    end
    if site.cookies and fields["cookie"] then
        for _, cookie in ipairs(named_cookies(fields["cookie"], site)) do
            texts[#texts + 1] = "cookie:" .. #cookie .. ":" .. cookie
        end
    end
    return table.concat(texts, "\\n")
end

core.register_action("request", { "http-req" }, function(txn)
    local site = parse(txn:get_var("txn.keys"))
    txn.http:req_set_uri(canonical(txn.f:pathq(), site))
    if site.headers or site.cookies then
        txn:set_var("txn.told_apart", told_apart(txn.http:req_get_headers(), site))
    end
    -- Not reached when something above fails: then the request is refused, since its key would be another's.
    txn:unset_var("txn.without_key")
end)

-- For Varnish: the response's tags in one field, from that which the site names.
core.register_action("response", { "http-res" }, function(txn)
    local fields = txn.http:res_get_headers()
    local name = (txn:get_var("txn.settings") or ""):match(";tags=([^;]+)")
    if name and fields[name] then
        local lines = {}
        for i = 0, #fields[name] do
            lines[#lines + 1] = fields[name][i]
        end
        -- Whatever separates tags for Varnish or its index of keys does so here: then one blank does.
        local tags, host = parts_of(table.concat(lines, " "), "[^,%s%c]+"), txn:get_var("txn.site")
        local bytes = 0
        for _, tag in ipairs(tags) do
            bytes = bytes + #tag + #host + 6
        end
        txn.http:res_del_header(name)
        -- Without all of its tags a response would outlive the purge of some.
        if bytes > ${String(TAGS_LIMIT)} then
            txn.http:res_set_header("X-Footprint-Many-Tags", "1")
        else
            txn.http:res_set_header("X-Footprint-Tags", table.concat(tags, " "))
        end
    end
    -- What clients would get of it.
    local size = 0
    for field, lines in pairs(fields) do
        for i = field == name and #lines + 1 or 0, #lines do
            size = size + #field + #lines[i] + 4
        end
    end
    if size > ${String(FIELDS_SIZE_LIMIT)} then
        txn:set_var("txn.too_large", true)
    end
end)

-- Fields that Connection names end here (RFC 9110, section 7.6.1): HTTP/2, in which they go on, has no Connection that would
-- name them. What says how long the body is stays, what a WebSocket needs, and TE, of which HAProxy passes on "trailers" alone.
local STAY = { ["content-length"] = true, ["transfer-encoding"] = true, connection = true, upgrade = true, te = true }
local function each_named(fields, drop)
    local lines = fields["connection"]
    for i = 0, #lines do
        -- Blanks separate, too, as they do for Varnish.
        for name in lines[i]:lower():gmatch("[^, \\t]+") do
            if not STAY[name] then drop(name) end
        end
    end
end
core.register_action("${HOP_BY_HOP_REQUEST}", { "http-req" }, function(txn)
    each_named(txn.http:req_get_headers(), function(name) txn.http:req_del_header(name) end)
end)
core.register_action("${HOP_BY_HOP}", { "http-res" }, function(txn)
    each_named(txn.http:res_get_headers(), function(name) txn.http:res_del_header(name) end)
end)

${changedLua(cluster)}`;
}
