// DeepSeek: an OpenAI-compatible API with a fixed address.
//
// For: keys of platform.deepseek.com. Vendor pages: "Your First API Call" and "Get User Balance"
// (api-docs.deepseek.com).
// Refuses: everything but inference, models and the balance.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let deepSeek = """
          deepseek:
            name: DeepSeek
            base_url: https://api.deepseek.com
            auth: {api_key: bearer}
            allow:
              - GET /models
              - GET /user/balance
              - POST /chat/completions
            test: GET /user/balance

        """
}
