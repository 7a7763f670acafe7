import { PolicyDeniedError } from '../errors/policy-denied-error.ts'
import type { ErrorFacts } from '../errors/shlyuz-error.ts'
import { suggestedModels } from '../sovereignty/models.ts'
import type { Decision, Facts } from './decision.ts'
import type { ReasonCode } from './reason-codes.ts'

/** Says a refusal in words: what, by which policy and rule, the public fact, and how to permit it. */
export function createDeniedError(decision: Decision, facts: ErrorFacts = {}): PolicyDeniedError {
  const finding = decision.because.find(({ code }) => code === decision.code)
  const shown = Object.fromEntries(Object.entries(finding?.facts ?? {}).map(([name, value]) => [name, show(value)]))
  const detail = Object.entries(shown)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
  const reason = reasons[decision.code]
  const rule = finding ? `, rule ${finding.rule}` : ''
  const message = `refused by the policy ${decision.policy.name}${rule}: ${reason}${detail === '' ? '' : ` (${detail})`}`
  return new PolicyDeniedError(decision, message, { hint: hintOf(decision.code, shown), ...facts })
}

/** Facts are public, but some were spelled by a stranger: one line, of bounded length. */
function show(value: Facts[string]): string {
  return String(value).slice(0, 200).replace(/\p{C}/gu, '?')
}

const reasons: Readonly<Record<ReasonCode, string>> = {
  ok: 'it is allowed',
  'url.unparseable': 'the address cannot be parsed',
  'url.scheme': 'the scheme of the address is not listed',
  'url.userinfo': 'the address holds a user name or password',
  'url.host_not_allowed': 'the host is not listed',
  'url.port_not_allowed': 'the host is listed with another scheme or port',
  'url.ip_literal': 'the address is a bare IP address, and the policy lists none',
  'url.trailing_dot': 'the host ends with a dot',
  'url.ambiguous': 'the host is spelled in a way that programs read differently',
  'dns.empty': 'the name has no address',
  'dns.address_class': 'the name resolves to an address that the policy does not allow',
  'dns.address_not_pinned': 'the name resolves outside its pinned range',
  'dns.mixed_answer': 'some addresses of the name are not allowed',
  'socket.address_mismatch': 'the socket was opened to an address that was not approved',
  'socket.pool_scope': 'the connection was approved under another policy',
  'socket.unix_path': 'a socket path takes the connection out of the policy',
  'tls.verification_off': 'certificate verification is switched off for this process or by an option',
  'tls.servername_mismatch': 'the certificate would be checked against another name',
  'tls.ca_scope': 'the policies of the client and of the request trust different authorities for this origin',
  'header.host_override': 'the host header would change whose certificate is accepted',
  'header.forbidden': 'the header may not be set by the caller',
  'header.invalid': 'the header is malformed',
  'proxy.env': 'the environment asks for a proxy that the policy does not name',
  'proxy.not_allowed': 'the proxy is not the one that every policy names',
  'proxy.required': 'the policy asks for its proxy',
  'redirect.blocked': 'the service answered with a redirect',
  'response.model_mismatch': 'another model answered than the one that was judged',
  'model.unparseable': 'the model cannot be parsed',
  'model.unknown': 'the model is not in the catalogue',
  'model.foreign': 'the model was developed abroad',
  'model.weights': 'the origin of the model’s weights is not allowed',
  'model.mismatch': 'the model is declared for another origin',
  'content.remote_url':
    'the service would fetch or send something elsewhere: a link in the content, or a tool of its own',
  'data.special': 'the content is labelled as a special category of data',
  'data.provider_logging': 'the service would store what it is sent, or does not say that it would not',
  'fallback.not_allowed': 'a further target of the fallback is not allowed',
  'config.custom_transport': 'a transport of the caller’s own would bypass the checks of addresses and certificates',
  'policy.no_permit': 'no rule permits it',
  'policy.forbidden': 'a rule forbids it',
  'policy.error': 'a rule failed',
  'policy.timeout': 'a rule did not answer in time',
  'policy.invalid': 'a rule gave an answer that is none',
  'policy.obligation_unmet': 'what a rule demands cannot be done',
}

/** Russian: the exact fix, or whom to ask. */
function hintOf(code: ReasonCode, facts: Facts): string {
  const model = `Возьмите отечественную модель, например ${suggestedModels}.`
  switch (code) {
    case 'model.foreign':
    case 'model.weights':
      return `Модель ${facts['model'] ?? ''} не проходит по происхождению. ${model}`
    case 'model.unknown':
      if (facts['origin'] !== undefined) {
        return `Если модель ваша, объявите её вместе с адресом: domesticOnly({ also: [{ origin: '${facts['origin']}', addresses: ['10.20.0.0/16'], models: [{ id: '${facts['model'] ?? ''}', developer: 'ru', weights: 'own', source: '…', asOf: 'ГГГГ-ММ-ДД' }] }] }).`
      }
      return `Модели ${facts['model'] ?? ''} нет в каталоге: проверьте имя или объявите её в also[].models с источником. ${model}`
    case 'model.unparseable':
      return 'Проверьте имя модели: без пробелов, процентов и лишних косых черт.'
    case 'url.host_not_allowed':
    case 'url.port_not_allowed':
    case 'url.ip_literal':
      return `Если адрес ваш, добавьте его: domesticOnly({ also: [{ origin: '${facts['origin'] ?? 'https://…'}', addresses: ['10.20.0.0/16'] }] }).`
    case 'url.unparseable':
    case 'url.userinfo':
    case 'url.trailing_dot':
    case 'url.ambiguous':
      return 'Запишите адрес просто: https://узел[:порт]/путь — без имени пользователя, процентов, пробелов и точки в конце узла.'
    case 'url.scheme':
      return 'Используйте адрес https:// из списка политики.'
    case 'dns.address_class':
    case 'dns.mixed_answer':
    case 'dns.address_not_pinned':
      return `Имя ${facts['host'] ?? ''} ведёт не туда: проверьте DNS; для своего стенда укажите addresses в also.`
    case 'proxy.env':
      return 'Уберите NODE_USE_ENV_PROXY или назовите прокси в политике: domesticOnly({ proxy: { origin, addresses } }).'
    case 'proxy.not_allowed':
    case 'proxy.required':
      return 'Прокси задаётся только политикой: domesticOnly({ proxy: { origin, addresses } }); политика запроса повторяет прокси клиента.'
    case 'tls.ca_scope':
      return 'Укажите для этого адреса один и тот же ca в политике клиента и в политике запроса.'
    case 'tls.verification_off':
      return 'Уберите NODE_TLS_REJECT_UNAUTHORIZED=0; свой центр сертификации задаётся настройкой ca.'
    case 'header.host_override':
    case 'header.forbidden':
    case 'header.invalid':
      return `Уберите заголовок ${facts['header'] ?? ''} из extraHeaders.`
    case 'config.custom_transport':
    case 'socket.unix_path':
    case 'tls.servername_mismatch':
      return `Уберите настройку ${facts['option'] ?? ''}: соединениями управляет Shlyuz; для тестов есть testNetwork.`
    case 'content.remote_url':
      if (facts['tools'] === undefined) return 'Скачайте файл сами и передайте байты (Uint8Array) вместо ссылки.'
      return `Уберите инструменты сервиса (${facts['tools']}) или разрешите их: domesticOnly({ remote: [${String(facts['tools']).replaceAll(/[^, ]+/g, "'$&'")}] }).`
    case 'data.provider_logging':
      return `Сервис хранит запросы (${facts['logging'] ?? 'не указано'}), политика этого не допускает: выберите другой сервис, отключите хранение в его настройках или добавьте '${facts['logging'] ?? 'not stated'}' в providerLogging политики.`
    case 'fallback.not_allowed':
      return `Уберите ${facts['target'] ?? 'цель'} из fallback: политика её не допускает.`
    case 'model.mismatch':
      return 'Модель объявлена (also[].models) для другого адреса: объявите её и для этого или обратитесь по тому адресу.'
    case 'response.model_mismatch':
      return 'Ответила другая модель: укажите точное имя вместо псевдонима; ответ не отдан.'
    case 'dns.empty':
      return `У имени ${facts['host'] ?? ''} нет адресов: проверьте DNS и доступ к сети.`
    case 'policy.timeout':
    case 'policy.error':
    case 'policy.invalid':
      return 'Исправьте своё правило: ответ — permit, forbid или abstain, без исключений и в пределах timeLimitMs.'
    case 'policy.no_permit':
      return 'Ни одно правило не разрешило запрос: добавьте в политику models и origins или правило, которое отвечает permit.'
    case 'redirect.blocked':
      return 'Сервис перенаправляет запрос: задайте baseUrl конечным адресом.'
    default:
      return 'Обратитесь к владельцу политики; причина — в error.decision.'
  }
}
