// Discord: users, and bots in their guilds.
//
// For: OAuth of users and bot tokens. Vendor pages: "OAuth2" and "Reference" (docs.discord.com/developers): the token
// and revocation endpoints take forms only, tokens live 7 days, refresh tokens rotate; a bot's token is presented
// with the word Bot, and a User-Agent of the form DiscordBot is asked for.
// Refuses: moderation and administration of guilds.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let discord = """
          discord:
            name: Discord
            base_url: "https://discord.com/api/{version}"
            version: v10
            headers: {user-agent: "DiscordBot (weir, 1)"}
            auth:
              bot_token: {placement: header, name: authorization, template: "Bot {secret}"}
              oauth2: bearer
            account_fields:
              user_id: {from: identity, field: id, required: true}
              username: {from: identity, field: username}
            identity: GET /users/@me
            test: GET /users/@me
            allow:
              - GET /users/@me
              - GET /users/@me/guilds
              - GET /guilds/*
              - GET /guilds/*/channels
              - GET /guilds/*/members
              - GET /guilds/*/members/*
              - GET /channels/*
              - GET /channels/*/messages
              - GET /channels/*/messages/*
              - POST /channels/*/messages
              - PATCH /channels/*/messages/*
            actions:
              post_message:
                request: POST /channels/{channel_id}/messages
                parameters:
                  channel_id: {in: path, required: true}
                  text: {in: body, as: content, required: true}
            oauth:
              authorize_url: https://discord.com/oauth2/authorize
              token_url: https://discord.com/api/oauth2/token
              revocation: {url: https://discord.com/api/oauth2/token/revoke}
              client_authentication: basic
              pkce: optional
              scopes: [identify, guilds]
              default_lifetime: 7d

        """
}
