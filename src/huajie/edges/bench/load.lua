-- Sends the requests of one file, in order, each thread its share; prints one line of JSON at the end.
-- Arguments: FILE (lines METHOD<tab>PATH<tab>BODY<tab>HEADER: VALUE|HEADER: VALUE<tab>N), PREFIX of idempotency keys or "-".
-- The word SEEN in a body stands for N in the first round through the file, N + 1 in the second: an act that adds one entry.
local threads = 0
function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
  thread:set("count", 1)
end
function init(args)
  made = {}
  prefix = args[2]
  sent = 0
  for line in io.lines(args[1]) do
    local method, path, body, heads, seen = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$")
    local headers = { ["Host"] = "127.0.0.1" }
    for name, value in heads:gmatch("([^:|]+): ([^|]*)") do headers[name] = value end
    if body ~= "" then headers["Content-Type"] = "application/json" end
    made[#made + 1] = { method, path, headers, body ~= "" and body or nil, tonumber(seen) }
  end
end
function request()
  local one = made[sent % #made + 1]
  local body = one[4]
  if one[5] then body = body:gsub("SEEN", string.format("%d", one[5] + math.floor(sent / #made))) end
  sent = sent + 1
  if prefix ~= "-" then one[3]["Idempotency-Key"] = prefix .. "-" .. id .. "-" .. sent end
  return wrk.format(one[1], one[2], one[3], body)
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"status":%d,"broken":%d,"p50":%.3f,"p95":%.3f,"p99":%.3f}\n',
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
