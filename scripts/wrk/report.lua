-- wrk's figures as one line of JSON: `wrk --latency --script scripts/wrk/report.lua URL`. It defines nothing that runs for each request.
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local ms = function(us) return us / 1000 end
  local percentile = function(p) return ms(latency:percentile(p)) end
  local line = '{"requests":%d,"failed":%d,"latency":{"count":%d,"p50_ms":%f,"p90_ms":%f,"p95_ms":%f,"p99_ms":%f,"p999_ms":%f,"max_ms":%f,"mean_ms":%f}}\n'
  io.write(line:format(
    summary.requests, failed, summary.requests, percentile(50), percentile(90), percentile(95), percentile(99), percentile(99.9),
    ms(latency.max), ms(latency.mean)
  ))
end
