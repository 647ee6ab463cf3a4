// Google: Calendar, Drive and Gmail, to be read.
//
// For: Google accounts by OAuth. Vendor pages: "Using OAuth 2.0 for Web Server Applications"
// (developers.google.com/identity/protocols/ oauth2/web-server) and "OpenID Connect"
// (…/openid-connect/openid-connect). A refresh token comes with the first grant only; prompt=consent makes every
// grant a first one. Answers to refreshes have none. Revocation takes the token alone. Calendar and Drive are at
// www.googleapis.com, Gmail at a host of its own (the REST references of the three).
// Refuses: writing. Whoever wants it names scopes and paths of a provider of their own.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let google = """
          google:
            name: Google
            base_url: https://www.googleapis.com
            auth: {oauth2: bearer}
            account_fields:
              user_id: {from: identity, field: sub, required: true}
              email: {from: identity, field: email}
              name: {from: identity, field: name}
            identity: GET https://openidconnect.googleapis.com/v1/userinfo
            test: GET https://openidconnect.googleapis.com/v1/userinfo
            allow:
              - GET /calendar/v3/users/me/calendarList
              - GET /calendar/v3/users/me/calendarList/*
              - GET /calendar/v3/calendars/*
              - GET /calendar/v3/calendars/*/events
              - GET /calendar/v3/calendars/*/events/*
              - GET /calendar/v3/calendars/*/events/*/instances
              - POST /calendar/v3/freeBusy
              - GET /drive/v3/about
              - GET /drive/v3/files
              - GET /drive/v3/files/*
              - GET /drive/v3/files/*/export
            actions:
              list_events:
                request: GET /calendar/v3/calendars/{calendar_id}/events
                parameters:
                  calendar_id: {in: path, default: primary}
                  from: {in: query, as: timeMin}
                  to: {in: query, as: timeMax}
                  search: {in: query, as: q}
                  limit: {in: query, as: maxResults, form: integer, most: 2500}
              search_files:
                request: GET /drive/v3/files
                parameters:
                  search: {in: query, as: q}
                  limit: {in: query, as: pageSize, form: integer, most: 1000}
                  page: {in: query, as: pageToken}
            domains:
              gmail:
                base_url: https://gmail.googleapis.com
                allow:
                  - GET /gmail/v1/users/me/profile
                  - GET /gmail/v1/users/me/labels
                  - GET /gmail/v1/users/me/labels/*
                  - GET /gmail/v1/users/me/messages
                  - GET /gmail/v1/users/me/messages/*
                  - GET /gmail/v1/users/me/messages/*/attachments/*
                  - GET /gmail/v1/users/me/threads
                  - GET /gmail/v1/users/me/threads/*
                actions:
                  search_messages:
                    request: GET /gmail/v1/users/me/messages
                    parameters:
                      search: {in: query, as: q}
                      limit: {in: query, as: maxResults, form: integer, most: 500}
                      page: {in: query, as: pageToken}
                  get_message:
                    request: GET /gmail/v1/users/me/messages/{message_id}
                    parameters:
                      message_id: {in: path, required: true}
            oauth:
              authorize_url: https://accounts.google.com/o/oauth2/v2/auth
              token_url: https://oauth2.googleapis.com/token
              revocation: {url: https://oauth2.googleapis.com/revoke, style: token}
              issuer: https://accounts.google.com
              pkce: optional
              scopes:
                - openid
                - email
                - profile
                - https://www.googleapis.com/auth/calendar.readonly
                - https://www.googleapis.com/auth/drive.readonly
                - https://www.googleapis.com/auth/gmail.readonly
              authorize_parameters: {access_type: offline, prompt: consent}
              errors:
                redirect_uri_mismatch: invalid_client
                deleted_client: invalid_client
                org_internal: invalid_client

        """
}
