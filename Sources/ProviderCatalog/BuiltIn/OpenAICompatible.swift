// OpenAICompatible: servers that speak OpenAI's API, at an address that the tenant names.
//
// For: vendors and servers without an entry of their own. Paths are those of the vendor pages "API Reference" of OpenAI
// (platform.openai.com/docs/api-reference); the address includes /v1.
// Refuses: paths beyond inference and lists of models.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let openAICompatible = """
          openai-compatible:
            name: OpenAI-compatible API
            base_url: "{base_url}"
            auth: {api_key: bearer}
            account_fields:
              base_url: {from: tenant, form: address, required: true}
            allow:
              - GET /models
              - GET /models/**
              - POST /chat/completions
              - POST /completions
              - POST /embeddings
              - POST /responses
            test: GET /models

        """
}
