/** Its file, beside haproxy.cfg. */
export const FINAL_LUA = "final.lua";

/** The name by which haproxy.cfg calls it. */
export const FINAL_ALONE = "final_alone";

/**
 * Renders /etc/haproxy/final.lua: a filter of bytes that takes interim responses and trailers out of an answer in HTTP/1.1.
 * What it reads is HAProxy's own writing, so it need not understand what others may write.
 */
export function finalLua(): string {
  return `-- Of what an origin answers, all but interim responses (1xx) and trailers, which may be discarded (RFC 9110, sections 15.2
-- and 6.5.1). Chunks stay as they are, so that a body that is cut off is known as such.
--
-- Each step looks at the bytes that have come, from a position on. It gives the position up to which they may go on, and
-- whether the next step can look at what follows; without that it is asked again when more has come.

local END = "\\r\\n\\r\\n"
local INTERIM = "HTTP/1.1 1"
-- Of a chunk, as HAProxy writes it.
local LINE = 12

local Response = {}
Response.__index = Response

-- Some bytes, of which there may be fewer. Once some have gone on, HAProxy (3.0 to 3.4, channel.data) takes a place in its buffer
-- for one in what is in it, and goes on at the buffer's start too early or too late. One byte at a time, this is wrong of one at
-- most: of the one that is as far from the buffer's start as there are bytes in all. With a byte more at the end that is another
-- one: so what is read twice alike is right, and else what two of three say.
local function read(bytes, at, length)
    length = math.min(length, bytes:input() - at)
    local function all()
        local each = {}
        for i = 1, length do each[i] = bytes:data(at + i - 1, 1) end
        return table.concat(each)
    end
    local function more() return bytes:insert("-", bytes:input()) > 0 end
    local first = all()
    if not more() then return first end
    local second, third = all(), nil
    if first ~= second and more() then
        third = all()
        bytes:remove(-1)
    end
    bytes:remove(-1)
    if not third then return first end
    local each = {}
    for i = 1, length do
        local one = first:sub(i, i)
        each[i] = (one == second:sub(i, i) or one == third:sub(i, i)) and one or second:sub(i, i)
    end
    return table.concat(each)
end

-- Takes out lines up to an empty one, of this text, but for so many bytes of that end. Says whether it has come. Where it has
-- not, the last three bytes stay, with which it may begin.
local function take(bytes, at, text, stay)
    local stop = select(2, text:find(END, 1, true))
    local gone = stop and stop - stay or math.max(0, bytes:input() - at - 3)
    if gone > 0 then bytes:remove(at, gone) end
    return stop ~= nil
end

-- Is this the final response?
function Response:status(bytes, at)
    if bytes:input() - at < #INTERIM then return at, false end
    self.step = bytes:data(at, #INTERIM) == INTERIM and self.interim or self.head
    return at, true
end

function Response:interim(bytes, at)
    if bytes:input() == at then return at, false end
    local over = take(bytes, at, bytes:data(at), 0)
    if over then self.step = self.status end
    return at, over
end

-- How is its body framed? Only chunks can have trailers.
function Response:head(bytes, at)
    local come = bytes:input() - at
    if come == 0 then return at, false end
    local before = #self.text
    self.text = self.text .. bytes:data(at)
    local stop = select(2, self.text:find(END, 1, true))
    if not stop then return at + come, false end
    local chunked = self.text:sub(1, stop):lower():find("\\r\\ntransfer%-encoding:[^\\r]*chunked")
    self.text, self.step = nil, chunked and self.chunks or nil
    return at + stop - before, chunked
end

-- A chunk: its size in a line of its own, so many bytes, and the end of a line.
function Response:chunks(bytes, at)
    local come = bytes:input() - at
    if come <= self.left then
        self.left = self.left - come
        return at + come, false
    end
    at, self.left = at + self.left, 0
    local size, after = read(bytes, at, LINE):match("^(%x+)[^\\n]*\\n()")
    if not size then return at, false end
    size = tonumber(size, 16)
    if size > 0 then
        self.left = size + 2
    else
        self.step = self.trailers
    end
    return at + after - 1, true
end

-- Lines up to an empty one, which stays.
function Response:trailers(bytes, at)
    local come = bytes:input() - at
    if come < 2 then return at, false end
    if not self.some and read(bytes, at, 2) == "\\r\\n" then
        self.step = nil
        return at, false
    end
    self.some = true
    if take(bytes, at, read(bytes, at, come), 2) then self.step = nil end
    return at, false
end

function Response:new()
    return setmetatable({ step = self.status, text = "", left = 0 }, Response)
end

function Response:start_analyze(_, channel)
    if channel:is_resp() then filter.register_data_filter(self, channel) end
end

function Response:tcp_payload(_, bytes)
    local at, on = 0, true
    while on and self.step do
        at, on = self:step(bytes, at)
    end
    if self.step then return at end
    -- Nothing is left to take out.
    filter.unregister_data_filter(self, bytes)
    return bytes:input()
end

core.register_filter("${FINAL_ALONE}", Response, function(class) return class end)
`;
}
