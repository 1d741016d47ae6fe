import { INTERNAL, INTERNAL_PREFIX } from "../internalHeaders";

/** Its file, beside haproxy.cfg. */
export const DIRECTIVES_LUA = "directives.lua";

/** The name by which haproxy.cfg calls it. */
export const READ_DIRECTIVES = "read_directives";

/**
 * Renders /etc/haproxy/directives.lua: the one place that reads what an origin says about caching. It runs once for each
 * response of an origin, never for a hit. Lua, because neither VCL nor HAProxy's own language can take a list apart that
 * has quoted strings, and because it can be tested without either.
 */
export function directivesLua(): string {
  return String.raw`-- What a response says about caching (RFC 9110, 9111, 9213), read once, for response.vcl.
--
--   ${INTERNAL.cacheControl}      Cache-Control
--   ${INTERNAL.cdnCacheControl}  CDN-Cache-Control, where it is a dictionary of structured fields
--   ${INTERNAL.surrogateControl}  Surrogate-Control, where it speaks of storing, and to everybody
--       as ",max-age=60,private,": directives that mean something here, each once, in lower case, between commas
--   ${INTERNAL.expires}, ${INTERNAL.date}, ${INTERNAL.lastModified}
--       seconds since 1970
--   Age
--       digits, or not there
--
-- A field that cannot be understood is read in the strictest way: each word in it that forbids something holds, and
-- nothing that allows something does.

local LONGEST = 2147483648 -- RFC 9111, section 1.2.2

local NUMBERS = { "max-age", "s-maxage", "stale-while-revalidate", "stale-if-error" }
-- They hold with any argument: private="set-cookie" is read as private (RFC 9111, section 5.2.2.7 allows it).
local STRICT = { "no-store", "private", "no-cache", "must-revalidate", "proxy-revalidate", "no-transform" }
-- They hold without an argument alone.
local LOOSE = { "public", "must-understand" }

local function set(list)
    local found = {}
    for _, each in ipairs(list) do found[each] = true end
    return found
end

local IS_NUMBER, IS_STRICT, IS_LOOSE = set(NUMBERS), set(STRICT), set(LOOSE)

-- RFC 9110, section 5.6.2.
local TOKEN = "^[!#$%%&'*+%-.^_${"`"}|~%w]+"
-- RFC 9110, section 5.6.4: what needs no backslash, and what may follow one.
local QUOTED_TEXT = "^[\t !#-[%]^-~\x80-\xFF]+"
local QUOTED_PAIR = "^\\[\t -~\x80-\xFF]"

-- The text of a quoted string that begins at a position, and its last position; nothing when it has no end.
local function quoted(line, at)
    local parts = {}
    at = at + 1
    while at <= #line do
        local _, stop = line:find(QUOTED_TEXT, at)
        if stop then
            parts[#parts + 1] = line:sub(at, stop)
        else
            _, stop = line:find(QUOTED_PAIR, at)
            if stop then
                parts[#parts + 1] = line:sub(stop, stop)
            elseif line:byte(at) == 0x22 then
                return table.concat(parts), at
            else
                return nil
            end
        end
        at = stop + 1
    end
    return nil
end

-- A token, perhaps with "=" and a token or a quoted string: name, value, last position; nothing when there is none.
local function named(line, at)
    local _, stop = line:find(TOKEN, at)
    if not stop then return nil end
    local name, value = line:sub(at, stop):lower(), nil
    if line:sub(stop + 1, stop + 1) == "=" then
        local from = stop + 2
        if line:sub(from, from) == '"' then
            value, stop = quoted(line, from)
        else
            _, stop = line:find(TOKEN, from)
            value = stop and line:sub(from, stop)
        end
        if not stop then return nil end
    end
    return name, value, stop
end

-- Takes each member of a list; false when the line is none (RFC 9110, section 5.6.1: empty members are none).
local function each_member(line, take, parameters)
    local at = 1
    while true do
        at = select(2, line:find("^[ \t,]*", at)) + 1
        if at > #line then return true end
        local name, value, stop = named(line, at)
        if not name then return false end
        local bare = true
        while parameters and line:find("^[ \t]*;", stop + 1) do
            local from = select(2, line:find("^[ \t]*;[ \t]*", stop + 1)) + 1
            stop = select(3, named(line, from))
            if not stop then return false end
            bare = false
        end
        at = select(2, line:find("^[ \t]*", stop + 1)) + 1
        if at <= #line and line:sub(at, at) ~= "," then return false end
        take(name, value, bare)
    end
end

local function seconds(digits)
    digits = digits:match("^0*(%d+)$")
    return #digits > 10 and LONGEST or math.min(tonumber(digits), LONGEST)
end

-- Of several the shortest (RFC 9111, section 4.2.1); what is no number is none (the same section).
local function note_number(said, name, value)
    local number = value and value:match("^%d+$") and seconds(value) or 0
    said[name] = math.min(said[name] or number, number)
end

local function note(said, name, value)
    if IS_NUMBER[name] then
        note_number(said, name, value)
    elseif IS_STRICT[name] or (IS_LOOSE[name] and value == nil) then
        said[name] = true
    end
end

-- Words that forbid something, whatever stands between them.
local function strict_words(lines, said)
    for word in table.concat(lines, ","):lower():gmatch("[%w-]+") do
        if IS_STRICT[word] then said[word] = true end
    end
    return said
end

local function cache_control(lines)
    local said = {}
    for _, line in ipairs(lines) do
        if not each_member(line, function(name, value) note(said, name, value) end) then
            return strict_words(lines, { ["max-age"] = 0 })
        end
    end
    return said
end

-- The Edge Architecture Specification (W3C note of 2001): a member with a parameter is for the surrogate of that name,
-- max-age=60+30 is a lifetime and what may be used stale after it. Second result: whether it could be read.
local function surrogate_control(lines)
    local said, speaks = {}, false
    for _, line in ipairs(lines) do
        local whole = each_member(line, function(name, value, bare)
            if not bare then return end
            -- A cache far from the origin is remote.
            if name == "no-store-remote" then name = "no-store" end
            if name == "max-age" then
                local fresh, stale = (value or ""):match("^(%d+)%+(%d+)$")
                note_number(said, name, fresh or value)
                if stale then note_number(said, "stale-while-revalidate", stale) end
            elseif IS_STRICT[name] then
                said[name] = true
            else
                return
            end
            speaks = true
        end, true)
        if not whole then return nil, false end
    end
    return speaks and said or nil, true
end

-- RFC 9651, section 4.2: parsing structured fields. Each function gives a type and a value, and the next position; nothing
-- when there is no such thing.

local function bare_item(text, at)
    local byte = text:sub(at, at)
    if byte:find("[%d-]") then
        local _, stop, sign, whole, point, fraction = text:find("^(%-?)(%d+)(%.?)(%d*)", at)
        if not stop then return nil end
        if point == "" then
            if #whole + #fraction > 15 then return nil end
            return "integer", { sign = sign, digits = whole .. fraction }, stop + 1
        end
        if #whole > 12 or #fraction < 1 or #fraction > 3 then return nil end
        return "decimal", nil, stop + 1
    elseif byte == '"' then
        at = at + 1
        while true do
            local _, stop = text:find("^[ !#-[%]^-~]+", at)
            at = stop and stop + 1 or at
            if text:find('^\\["\\]', at) then
                at = at + 2
            elseif text:sub(at, at) == '"' then
                return "string", nil, at + 1
            else
                return nil
            end
        end
    elseif byte:find("[%a*]") then
        local _, stop = text:find("^[%a*][!#$%%&'*+%-.^_${"`"}|~%w:/]*", at)
        return "token", nil, stop + 1
    elseif byte == ":" then
        local _, stop = text:find("^:[%w+/]*=*:", at)
        return stop and "bytes", nil, stop and stop + 1
    elseif byte == "?" then
        local flag = text:match("^%?([01])", at)
        return flag and "boolean", flag == "1", at + 2
    elseif byte == "@" then
        local kind, _, after = bare_item(text, at + 1)
        return kind == "integer" and "date" or nil, nil, after
    elseif byte == "%" then
        local written = text:match('^%%"([ !#-~]*)"', at)
        if not written or written:gsub("%%[%da-f][%da-f]", ""):find("%", 1, true) then return nil end
        local decoded = written:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
        return utf8.len(decoded) and "display" or nil, nil, at + #written + 3
    end
    return nil
end

-- Parameters are read over; the position after them.
local function parameters(text, at)
    while text:sub(at, at) == ";" do
        local _, stop = text:find("^; *[%l*][%l%d_%-.*]*", at)
        if not stop then return nil end
        at = stop + 1
        if text:sub(at, at) == "=" then
            local kind, _, after = bare_item(text, at + 1)
            if not kind then return nil end
            at = after
        end
    end
    return at
end

local function inner_list(text, at)
    at = at + 1
    while true do
        at = select(2, text:find("^ *", at)) + 1
        if text:sub(at, at) == ")" then return "list", nil, at + 1 end
        local kind, _, after = bare_item(text, at)
        if not kind then return nil end
        at = parameters(text, after)
        if not at or not text:find("^[ )]", at) then return nil end
    end
end

-- The members of a dictionary by name, the last of each; nothing when the text is none.
local function dictionary(text)
    local members = {}
    local at = select(2, text:find("^ *")) + 1
    text = text:gsub(" +$", "")
    while at <= #text do
        local _, stop, name = text:find("^([%l*][%l%d_%-.*]*)", at)
        if not stop then return nil end
        local kind, value, after = "boolean", true, stop + 1
        if text:sub(after, after) == "=" then
            local read = text:sub(after + 1, after + 1) == "(" and inner_list or bare_item
            kind, value, after = read(text, after + 1)
            if not kind then return nil end
        end
        after = parameters(text, after)
        if not after then return nil end
        members[name] = { kind = kind, value = value }
        at = select(2, text:find("^[ \t]*", after)) + 1
        if at <= #text then
            local _, comma = text:find("^,[ \t]*", at)
            if not comma or comma == #text then return nil end
            at = comma + 1
        end
    end
    return members
end

-- RFC 9213, section 2.1. A lifetime of another type makes the field one that cannot be understood.
local function cdn_cache_control(lines)
    local members = dictionary(table.concat(lines, ", "))
    if not members then return nil, false end
    if next(members) == nil then return nil, true end
    local said = {}
    for name, member in pairs(members) do
        if IS_NUMBER[name] then
            if member.kind ~= "integer" then return nil, false end
            note_number(said, name, member.value.sign == "" and member.value.digits or nil)
        elseif IS_STRICT[name] or (IS_LOOSE[name] and member.kind == "boolean" and member.value) then
            said[name] = true
        end
    end
    return said, true
end

local function written(said)
    if not said then return "" end
    local parts = {}
    for _, name in ipairs(NUMBERS) do
        if said[name] then parts[#parts + 1] = ("%s=%d"):format(name, said[name]) end
    end
    for _, names in ipairs({ STRICT, LOOSE }) do
        for _, name in ipairs(names) do
            if said[name] then parts[#parts + 1] = name end
        end
    end
    return "," .. table.concat(parts, ",") .. (#parts > 0 and "," or "")
end

local MONTHS = { jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12 }
local SHORT_DAYS = set({ "mon", "tue", "wed", "thu", "fri", "sat", "sun" })
local LONG_DAYS = set({ "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" })

-- Days since 1970-01-01 in the Gregorian calendar.
local function days(year, month, day)
    local shifted = month <= 2 and year - 1 or year
    local era_day = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return 365 * shifted + shifted // 4 - shifted // 100 + shifted // 400 + era_day - 719468
end

-- Seconds since 1970 of a date of RFC 9110, section 5.6.7, in one of its three forms, whatever the case of its letters;
-- nothing for anything else.
local function http_date(text, now)
    text = text:lower()
    local name, day, month, year, hour, minute, second =
        text:match("^(%a%a%a), (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) gmt$")
    if not name then
        name, month, day, hour, minute, second, year =
            text:match("^(%a%a%a) (%a%a%a) ([ %d]%d) (%d%d):(%d%d):(%d%d) (%d%d%d%d)$")
    end
    local known = name and SHORT_DAYS[name]
    if not name then
        name, day, month, year, hour, minute, second =
            text:match("^(%a+), (%d%d)-(%a%a%a)-(%d%d) (%d%d):(%d%d):(%d%d) gmt$")
        known = name and LONG_DAYS[name]
        if known then
            -- More than 50 years ahead means the past.
            local this = tonumber(os.date("!%Y", now))
            year = this - this % 100 + tonumber(year)
            if year > this + 50 then year = year - 100 end
        end
    end
    month = known and MONTHS[month]
    if not month then return nil end
    day, hour, minute, second = tonumber(day), tonumber(hour), tonumber(minute), tonumber(second)
    if day < 1 or day > 31 or hour > 23 or minute > 59 or second > 60 then return nil end
    return days(tonumber(year), month, day) * 86400 + hour * 3600 + minute * 60 + second
end

core.register_action("${READ_DIRECTIVES}", { "http-res" }, function(txn)
    local http = txn.http
    local fields = http:res_get_headers()
    local now = core.now().sec

    local function lines(name)
        local found, i = {}, 0
        local values = fields[name] or {}
        while values[i] do
            found[#found + 1] = values[i]
            i = i + 1
        end
        return found
    end

    local plain_lines, cdn_lines, surrogate_lines =
        lines("cache-control"), lines("cdn-cache-control"), lines("surrogate-control")
    local plain = cache_control(plain_lines)
    local cdn, cdn_read = cdn_cache_control(cdn_lines)
    local surrogate, surrogate_read = surrogate_control(surrogate_lines)
    -- A field for caches like this one that cannot be read does not govern, but what it forbids holds.
    if not cdn_read then strict_words(cdn_lines, plain) end
    if not surrogate_read then
        strict_words({ (table.concat(surrogate_lines, ","):lower():gsub("no%-store%-remote", "no-store")) }, plain)
    end
    -- What a 304 does not say stays as it was stored (RFC 9111, section 3.2): a field is written where it was sent.
    if #plain_lines > 0 or next(plain) then
        http:res_set_header("${INTERNAL.cacheControl}", written(plain))
    end
    if #cdn_lines > 0 then http:res_set_header("${INTERNAL.cdnCacheControl}", written(cdn)) end
    if #surrogate_lines > 0 then http:res_set_header("${INTERNAL.surrogateControl}", written(surrogate)) end

    -- Of several, or of what is no date: the past (RFC 9111, section 5.3).
    local expires = lines("expires")
    if #expires > 0 then
        http:res_set_header("${INTERNAL.expires}", tostring(#expires == 1 and http_date(expires[1], now) or 0))
    end
    local date = lines("date")
    http:res_set_header("${INTERNAL.date}", tostring(#date == 1 and http_date(date[1], now) or now))
    local modified = lines("last-modified")
    local since = #modified == 1 and http_date(modified[1], now)
    if since then
        http:res_set_header("${INTERNAL.lastModified}", tostring(since))
    end

    -- The first of several; what is no number is ignored (RFC 9111, section 5.1).
    local age = lines("age")
    if #age > 0 then
        local digits = age[1]:match("^(%d+)[ \t]*,") or age[1]:match("^(%d+)$")
        http:res_del_header("age")
        if digits then http:res_set_header("Age", ("%d"):format(seconds(digits))) end
    end

    -- What Connection names is not stored. The fields above must be.
    local connection = lines("connection")
    if #connection > 0 then
        local kept = {}
        each_member(table.concat(connection, ","), function(name)
            if name:sub(1, #"${INTERNAL_PREFIX}") ~= "${INTERNAL_PREFIX}" then kept[#kept + 1] = name end
        end)
        http:res_del_header("connection")
        if #kept > 0 then http:res_set_header("Connection", table.concat(kept, ", ")) end
    end
end)
`;
}
