// TelegramBot: a bot and the chats it is in.
//
// For: tokens of BotFather. Vendor page: "Telegram Bot API" (core.telegram.org/bots/api): the token stands in the
// path, every answer has `ok`, and errors a `description`.
// Refuses: webhooks of the bot, which are set elsewhere, and giving the token up.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let telegramBot = """
          telegram-bot:
            name: Telegram bot
            base_url: https://api.telegram.org
            auth:
              bot_token: {placement: path, template: "/bot{secret}"}
            account_fields:
              bot_id: {from: identity, field: result.id, required: true}
              username: {from: identity, field: result.username}
            identity: GET /getMe
            test: GET /getMe
            answers:
              success_field: ok
              error_fields: [description]
            allow:
              - GET,POST /getMe
              - GET,POST /getChat
              - GET,POST /getChatMember
              - GET,POST /getUpdates
              - GET,POST /getWebhookInfo
              - POST /sendMessage
              - POST /sendPhoto
              - POST /sendDocument
              - POST /sendChatAction
              - POST /editMessageText
              - POST /deleteMessage
              - POST /answerCallbackQuery
            actions:
              send_message:
                request: POST /sendMessage
                parameters:
                  chat_id: {in: body, required: true}
                  text: {in: body, required: true}
                  parse_mode: body

        """
}
