/** Its file, beside haproxy.cfg. */
export const FALSE_ENDS_LUA = "false-ends.lua";

/** The name by which haproxy.cfg calls it: where an interim response may come in HTTP/1.1. */
export const WITHOUT_FALSE_ENDS = "without_false_ends";

/**
 * Renders /etc/haproxy/false-ends.lua. HAProxy 3.0 notes the end of an interim response (1xx) as if it were that of the
 * message, and the note stays while bytes of it do: when the header of the final response comes then, its body counts as
 * over before it is there (mended in 18ece2b42 for 3.3). An empty body in chunks would look whole, and be stored.
 */
export function falseEndsLua(): string {
  return `-- Takes back the end of a message that is not there. HAProxy gives what it has read of the body along with the header.
local Final = { flags = filter.FLT_CFG_FL_HTX }
Final.__index = Final

function Final:new()
    return setmetatable({}, Final)
end

-- Is the response whole with what has come of it?
local function whole(txn, response)
    local status = txn.f:status()
    -- Neither of these has a body (RFC 9112, section 6.3).
    if status < 200 or status == 204 or status == 304 or txn.f:method() == "HEAD" then return true end
    -- Over HTTP/2 (another node's) nothing is noted too early, and there is no such block behind what came without a length.
    if txn.f:bc_http_major() ~= 1 then return true end
    local fields = response:get_headers()
    -- Behind the last chunk, and nowhere else, there is an end of trailers, even if there are none.
    if fields["transfer-encoding"] then return txn.f:internal_htx_blk_type("tail") == "HTX_BLK_EOT" end
    -- What is announced, and what is there of it. Without either the body ends with the connection, and never before.
    return fields["content-length"] ~= nil and txn.f:res_body_size() == txn.f:res_body_len()
end

-- Called for the final response, when its header is on its way to the client's side.
function Final:http_headers(txn, message)
    if message.channel:is_resp() and message:eom() and not whole(txn, message) then
        message:unset_eom()
    end
end

core.register_filter("${WITHOUT_FALSE_ENDS}", Final, function(class) return class end)
`;
}
