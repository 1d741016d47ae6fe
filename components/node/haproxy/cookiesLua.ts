/** A part of site.lua (siteLua.ts): which cookies of a request are in its key. */
export const COOKIES = `-- A cookie's name, as the one is written that programs do not tell from others: they decode it, take it in any case, and
-- take a dot for _. "" for what is not as RFC 6265, section 4.1.1, has it: there programs differ in where a cookie begins, and
-- of which name it is ("a =1", "x=1,a=1", a quote that the next cookie ends, and the attributes of RFC 2109, with their $).
local function cookie_name(cookie)
    local name, value = cookie:match("^([^=]+)=(.*)$")
    name = name and decoded(name)
    if not name or name:find('[%c ()<>@,;:\\\\"/%[%]?={}$\\x80-\\xFF]')
        or (value:match('^"(.*)"$') or value):find('[%c ",\\\\\\x80-\\xFF]') then
        return ""
    end
    return (name:lower():gsub("%.", "_"))
end

-- What of the cookies may be one of those that the site names.
local function named_cookies(lines, site)
    local cookies, is_plain = {}, true
    for i = 0, #lines do
        for _, cookie in ipairs(parts_of(lines[i], "[^;]+")) do
            cookie = cookie:match("^ ?(.*)$")
            if cookie ~= "" then
                cookies[#cookies + 1] = cookie
                is_plain = is_plain and cookie_name(cookie) ~= ""
            end
        end
    end
    local names, in_order = {}, { [""] = "" }
    for i, name in ipairs(site.cookies) do
        names[i] = cookie_name(name .. "=")
        in_order[names[i]] = ""
    end
    if is_plain then
        return kept(cookies, names, cookie_name)
    end
    -- One may end where another seems to begin: so their order counts.
    return kept(cookies, { "" }, function(cookie) return in_order[cookie_name(cookie)] end)
end

`;
