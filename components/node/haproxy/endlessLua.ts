import { bound } from "../limits";

/** Its file, beside haproxy.cfg. */
export const ENDLESS_LUA = "endless.lua";

/** The name by which haproxy.cfg calls it: where an origin's answers come in. */
export const ENDLESS = "endless";

/** URLs of responses that have outgrown it, in memory alone: a reload forgets them. */
export const ENDLESS_MAP = "virt@endless";

/** Variables of a response that Varnish may store and that has no length: the key of its URL, and whether that is in the map. */
export const ENDLESS_URL = "txn.endless";
export const IS_ENDLESS = "txn.is_endless";

/** URLs that each thread remembers. An entry is 100 bytes or so. */
const REMEMBERED = 1000;

/** How haproxy.cfg loads it, with what a response may take. */
export const LOAD_ENDLESS = `lua-load-per-thread ${ENDLESS_LUA} ${bound("ENDLESS")}`;

/**
 * Renders /etc/haproxy/endless.lua. Varnish 7.7 cannot leave off storing a response that has begun, and makes room as long as
 * there is something to push out: one without an end would take the cache of all sites, and end when nothing is left.
 */
export function endlessLua(): string {
  return `-- Cuts off what is being stored, has no length and outgrows its part of the cache; with the next of its URL Varnish hears so and
-- passes it on as it comes, until one has ended within that.
local LIMIT = tonumber((...))
local MAP = "${ENDLESS_MAP}"

-- URLs that this thread has added: the oldest makes room.
local added, last = {}, 0

local function remember(url)
    last = last % ${String(REMEMBERED)} + 1
    if added[last] then core.del_map(MAP, added[last]) end
    added[last] = url
    core.set_map(MAP, url, "1")
end

local Counted = { flags = filter.FLT_CFG_FL_HTX }
Counted.__index = Counted

function Counted:new()
    return setmetatable({ bytes = 0 }, Counted)
end

-- Called for the final response, when its header is on its way to Varnish.
function Counted:http_headers(txn, message)
    if not message.channel:is_resp() then return end
    self.url = txn:get_var("${ENDLESS_URL}")
    if not self.url then return end
    self.passed_on = txn:get_var("${IS_ENDLESS}")
    filter.register_data_filter(self, message.channel)
end

function Counted:http_payload(_, message)
    if not self.url or not message.channel:is_resp() then return end
    self.bytes = self.bytes + message:input()
    if self.bytes > LIMIT and not self.passed_on then
        remember(self.url)
        error("a response without a length is larger than what may be stored: it is cut off, and the next one passed on")
    end
end

function Counted:http_end(_, message)
    if self.passed_on and message.channel:is_resp() and self.bytes <= LIMIT then core.del_map(MAP, self.url) end
end

core.register_filter("${ENDLESS}", Counted, function(class) return class end)
`;
}
