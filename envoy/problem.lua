-- One body for every failure that reaches a REST client, and a clean set of headers.
-- The generator fills PROBLEMS from problems.yaml: status -> {title, code, message, details}.
-- Native gRPC and gRPC-web answers pass untouched.
local PROBLEMS = {}
local GRPC_ONLY = {"grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-accept-encoding", "grpc-encoding"}

-- The opening of the document, up to where google.rpc.Status's own fields follow.
local function opening(status, title, headers)
  local id = (headers:get("x-request-id") or ""):gsub('[%c"\\]', "")
  return '{"type":"about:blank","title":"' .. title .. '","status":' .. status .. ',"requestId":"' .. id .. '",'
end

-- What stands in for an answer that is no google.rpc.Status: HTML, plain text or nothing.
local function unexplained(problem)
  return '"code":' .. problem.code .. ',"message":"' .. problem.message
    .. '","details":' .. problem.details .. "}"
end

local function explain(handle, status, is_json)
  local body = handle:body(true)
  local text = is_json and body:getBytes(0, body:length()) or ""
  -- The body was awaited, so the headers have to be asked for again.
  local headers = handle:headers()
  local problem = PROBLEMS[status] or PROBLEMS[status < 500 and 400 or 500]
  local code = text:match('^{"code":(%d+)')
  if code then
    handle:streamInfo():dynamicMetadata():set("edge", "code", tonumber(code))
    -- A proxy further in, or a server before any of our code, gives no reason.
    if text:sub(-13) == '"details":[]}' then text = text:sub(1, -4) .. problem.details .. "}" end
    -- What the service says of when to come again, also for clients that read headers only.
    local seconds, more = text:match('"retryDelay":"(%d+)(%.?%d*)s"')
    if seconds then headers:replace("retry-after", string.format("%d", seconds + (more ~= "" and 1 or 0))) end
    text = opening(status, problem.title, headers) .. text:sub(2)
  elseif is_json then
    return
  else
    text = opening(status, problem.title, headers) .. unexplained(problem)
  end
  headers:replace("content-length", tostring(body:setBytes(text)))
  headers:replace("content-type", "application/problem+json")
end

local function is_known(handle)
  return handle:streamInfo():dynamicMetadata():get("envoy.filters.http.jwt_authn") ~= nil
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local content_type = headers:get("content-type") or ""
  if content_type:sub(1, 16) == "application/grpc" then return end
  for _, name in ipairs(GRPC_ONLY) do headers:remove(name) end
  local status = tonumber(headers:get(":status"))
  if status >= 400 then
    local is_json = content_type:sub(1, 16) == "application/json"
    if is_json or not content_type:find("+json", 1, true) then explain(handle, status, is_json) end
    return
  end
  -- The RPC's route says what a success looks like when it is not `200 application/json`, and
  -- whether others may be given the same answer: not the one that was given to somebody known.
  local success = handle:metadata()
  if status == 200 and success:get("status") then headers:replace(":status", success:get("status")) end
  if success:get("content_type") then headers:replace("content-type", success:get("content_type")) end
  local kept = success:get("cache_control")
  if kept and not headers:get("cache-control") and not is_known(handle) then
    headers:add("cache-control", kept)
    headers:add("vary", "origin")
  end
end
