import type { ReasonCode } from './reason-codes.ts'

/** Every reason in words, for people. */
export const reasonTexts: Readonly<Record<ReasonCode, { readonly en: string; readonly ru: string }>> = {
  ok: { en: 'it is allowed', ru: 'разрешено' },
  'url.unparseable': { en: 'the address cannot be parsed', ru: 'адрес не разобрать' },
  'url.scheme': { en: 'the scheme of the address is not listed', ru: 'схемы адреса нет в списке' },
  'url.userinfo': { en: 'the address holds a user name or password', ru: 'в адресе имя пользователя или пароль' },
  'url.host_not_allowed': { en: 'the host is not listed', ru: 'узла нет в списке' },
  'url.port_not_allowed': {
    en: 'the host is listed with another scheme or port',
    ru: 'узел есть в списке, но с другой схемой или портом',
  },
  'url.ip_literal': {
    en: 'the address is a bare IP address, and the policy lists none',
    ru: 'адрес — голый IP, а в политике таких нет',
  },
  'url.trailing_dot': { en: 'the host ends with a dot', ru: 'имя узла заканчивается точкой' },
  'url.ambiguous': {
    en: 'the host is spelled in a way that programs read differently',
    ru: 'узел записан так, что программы читают его по-разному',
  },
  'dns.empty': { en: 'the name has no address', ru: 'у имени нет адресов' },
  'dns.address_class': {
    en: 'the name resolves to an address that the policy does not allow',
    ru: 'имя ведёт на адрес, которого политика не допускает',
  },
  'dns.address_not_pinned': {
    en: 'the name resolves outside its pinned range',
    ru: 'имя ведёт за пределы закреплённого диапазона',
  },
  'dns.mixed_answer': { en: 'some addresses of the name are not allowed', ru: 'часть адресов имени не допускается' },
  'socket.address_mismatch': {
    en: 'the socket was opened to an address that was not approved',
    ru: 'соединение открыто не с тем адресом, который был одобрен',
  },
  'socket.pool_scope': {
    en: 'the connection was approved under another policy',
    ru: 'соединение одобрено другой политикой',
  },
  'socket.unix_path': {
    en: 'a socket path takes the connection out of the policy',
    ru: 'сокет по пути выводит соединение из-под политики',
  },
  'tls.verification_off': {
    en: 'certificate verification is switched off for this process or by an option',
    ru: 'проверка сертификатов отключена для процесса или настройкой',
  },
  'tls.servername_mismatch': {
    en: 'the certificate would be checked against another name',
    ru: 'сертификат проверялся бы на другое имя',
  },
  'tls.ca_scope': {
    en: 'the policies of the client and of the request trust different authorities for this origin',
    ru: 'политики клиента и запроса доверяют для этого адреса разным центрам',
  },
  'header.host_override': {
    en: 'the host header would change whose certificate is accepted',
    ru: 'заголовок host изменил бы, чей сертификат принимается',
  },
  'header.forbidden': { en: 'the header may not be set by the caller', ru: 'этот заголовок задавать нельзя' },
  'header.invalid': { en: 'the header is malformed', ru: 'заголовок записан неверно' },
  'proxy.env': {
    en: 'the environment asks for a proxy that the policy does not name',
    ru: 'окружение просит прокси, которого политика не называет',
  },
  'proxy.not_allowed': {
    en: 'the proxy is not the one that every policy names',
    ru: 'прокси не тот, что называют все политики',
  },
  'proxy.required': { en: 'the policy asks for its proxy', ru: 'политика требует своего прокси' },
  'redirect.blocked': { en: 'the service answered with a redirect', ru: 'сервис ответил перенаправлением' },
  'response.model_mismatch': {
    en: 'another model answered than the one that was judged',
    ru: 'ответила не та модель, о которой решали',
  },
  'model.unparseable': { en: 'the model cannot be parsed', ru: 'имя модели не разобрать' },
  'model.unknown': { en: 'the model is not in the catalogue', ru: 'модели нет в каталоге' },
  'model.foreign': { en: 'the model was developed abroad', ru: 'модель создана за рубежом' },
  'model.weights': {
    en: 'the origin of the model’s weights is not allowed',
    ru: 'происхождение весов модели не допускается',
  },
  'model.mismatch': { en: 'the model is declared for another origin', ru: 'модель объявлена для другого адреса' },
  'content.remote_url': {
    en: 'the service would fetch or send something elsewhere: a link in the content, or a tool of its own',
    ru: 'сервис обратился бы за чем-то в другое место: ссылка в запросе или его собственный инструмент',
  },
  'data.personal': {
    en: 'the content holds personal data, or parts that nobody can look into',
    ru: 'в запросе персональные данные или части, в которые не заглянуть',
  },
  'data.special': {
    en: 'the content is labelled as a special category of data',
    ru: 'запрос помечен как специальная категория данных',
  },
  'data.provider_logging': {
    en: 'the service would store what it is sent, or does not say that it would not',
    ru: 'сервис хранил бы запрос или не говорит, что не будет',
  },
  'fallback.not_allowed': {
    en: 'a further target of the fallback is not allowed',
    ru: 'одна из следующих целей fallback не допускается',
  },
  'config.custom_transport': {
    en: 'a transport of the caller’s own would bypass the checks of addresses and certificates',
    ru: 'собственный транспорт обошёл бы проверки адресов и сертификатов',
  },
  'policy.no_permit': { en: 'no rule permits it', ru: 'ни одно правило этого не разрешает' },
  'policy.forbidden': { en: 'a rule forbids it', ru: 'правило запрещает это' },
  'policy.error': { en: 'a rule failed', ru: 'правило завершилось ошибкой' },
  'policy.timeout': { en: 'a rule did not answer in time', ru: 'правило не ответило вовремя' },
  'policy.invalid': { en: 'a rule gave an answer that is none', ru: 'ответ правила не является ответом' },
  'policy.obligation_unmet': {
    en: 'what a rule demands cannot be done',
    ru: 'условие, которого требует правило, выполнить нельзя',
  },
}
