-- wrk with one line of JSON at the end. Arguments after `--`: METHOD, body size in bytes, how many different values of
-- the field X-Key to send in turn (0: no such field), extra header lines (`Name: value`).
local requests, turn = {}, 0

function init(args)
  wrk.method = args[1] or "GET"
  local bytes, keys = tonumber(args[2] or "0"), tonumber(args[3] or "0")
  if bytes > 0 then
    wrk.body = string.rep("x", bytes)
    wrk.headers["Content-Type"] = "application/octet-stream"
  end
  for i = 4, #args do
    local name, value = args[i]:match("^([^:]+):%s*(.*)$")
    wrk.headers[name] = value
  end
  for key = 1, math.max(1, keys) do
    if keys > 0 then wrk.headers["X-Key"] = tostring(key) end
    requests[key] = wrk.format()
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"bytes":%d,"socketErrors":%d,"statusErrors":%d,"p50":%.0f,"p99":%.0f,"p999":%.0f}\n',
    summary.requests, summary.duration, summary.bytes,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
