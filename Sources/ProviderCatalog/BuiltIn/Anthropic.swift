// Anthropic: the Messages API.
//
// For: keys of api.anthropic.com. Vendor pages: "API overview" and "Versions" (docs.anthropic.com/en/api/overview,
// …/versioning): the key stands in x-api-key, and every request names a version.
// Refuses: the admin API.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let anthropic = """
          anthropic:
            name: Anthropic
            base_url: https://api.anthropic.com
            version: "2023-06-01"
            headers: {anthropic-version: "{version}"}
            auth:
              api_key: {placement: header, name: x-api-key}
            allow:
              - POST /v1/messages
              - POST /v1/messages/count_tokens
              - GET /v1/models
              - GET /v1/models/*
            test: GET /v1/models?limit=1

        """
}
