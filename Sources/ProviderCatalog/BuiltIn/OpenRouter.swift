// OpenRouter: one key for many models.
//
// For: keys of openrouter.ai. Vendor page: "Get current API key" (openrouter.ai/docs, API reference): GET /key tells
// a good key from a bad one; GET /models would answer without any.
// Refuses: the routes that make and delete keys.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let openRouter = """
          openrouter:
            name: OpenRouter
            base_url: https://openrouter.ai/api/v1
            auth: {api_key: bearer}
            identity: GET /key
            account_fields:
              label: {from: identity, field: data.label}
            allow:
              - GET /key
              - GET /models
              - GET /models/**
              - GET /credits
              - GET /generation
              - POST /chat/completions
              - POST /completions
              - POST /embeddings
            test: GET /key

        """
}
