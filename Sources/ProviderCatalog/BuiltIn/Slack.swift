// Slack: a workspace as a bot sees it.
//
// For: bot tokens, pasted or by OAuth. Vendor pages: "oauth.v2.access", "auth.revoke", "auth.test", "Using token
// rotation", "Using PKCE" (docs.slack.dev). Every answer has status 200; `ok` says whether it is one. Scopes are
// separated by commas. The bot's token stands at the top of the answer with the type bot, a user's in authed_user.
// Tokens expire, after 12 hours, only where the app has token rotation. A proof key is not sent: an app that allows
// it becomes a public client for good.
// Refuses: methods that administer a workspace.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let slack = """
          slack:
            name: Slack
            base_url: https://slack.com/api
            auth: {bot_token: bearer, oauth2: bearer}
            account_fields:
              team_id: {from: identity, field: team_id, required: true}
              team: {from: identity, field: team}
              user_id: {from: identity, field: user_id}
              user: {from: identity, field: user}
            identity: POST /auth.test
            test: POST /auth.test
            answers:
              success_field: ok
              error_fields: [error]
              credential_errors:
                [not_authed, invalid_auth, account_inactive, token_revoked, token_expired]
            allow:
              - GET,POST /auth.test
              - GET,POST /conversations.list
              - GET,POST /conversations.info
              - GET,POST /conversations.history
              - GET,POST /conversations.replies
              - GET,POST /conversations.members
              - GET,POST /users.list
              - GET,POST /users.info
              - GET,POST /team.info
              - POST /chat.postMessage
              - POST /chat.update
              - POST /reactions.add
            actions:
              post_message:
                request: POST /chat.postMessage
                parameters:
                  channel: {in: body, required: true}
                  text: {in: body, required: true}
                  thread: {in: body, as: thread_ts}
              list_channels:
                request: GET /conversations.list
                parameters:
                  limit: {in: query, form: integer, most: 1000}
                  cursor: query
            oauth:
              authorize_url: https://slack.com/oauth/v2/authorize
              token_url: https://slack.com/api/oauth.v2.access
              revocation:
                url: https://slack.com/api/auth.revoke
                style: bearer
                refresh_token: false
              client_authentication: basic
              pkce: none
              scope_separator: comma
              scopes: ["channels:read", "channels:history", "users:read", "chat:write"]
              token_types: [bot, user, bearer]
              default_lifetime: 90d
              errors:
                invalid_code: invalid_grant
                code_already_used: invalid_grant
                invalid_refresh_token: invalid_grant
                bad_client_secret: invalid_client
                invalid_client_id: invalid_client
                bad_redirect_uri: invalid_client
                invalid_grant_type: invalid_client
                oauth_authorization_url_mismatch: invalid_client
                ratelimited: temporary
                internal_error: temporary
                fatal_error: temporary
                request_timeout: temporary
                service_unavailable: temporary

        """
}
