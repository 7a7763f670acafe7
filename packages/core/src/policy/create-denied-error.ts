import { PolicyDeniedError } from '../errors/policy-denied-error.ts'
import type { ErrorFacts } from '../errors/shlyuz-error.ts'
import { suggestedModels } from '../sovereignty/models.ts'
import type { Decision, Facts, Finding } from './decision.ts'
import type { ReasonCode } from './reason-codes.ts'
import { reasonTexts } from './reason-texts.ts'

/** Says a refusal in words: what, by which policy and rule, the public fact, and how to permit it. */
export function createDeniedError(decision: Decision, facts: ErrorFacts = {}): PolicyDeniedError {
  const finding = decision.because.find(({ code }) => code === decision.code)
  const shown = showFacts(finding)
  const detail = Object.entries(shown)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
  const reason = reasonTexts[decision.code].en
  const rule = finding ? `, rule ${finding.rule}` : ''
  const message = `refused by the policy ${decision.policy.name}${rule}: ${reason}${detail === '' ? '' : ` (${detail})`}`
  return new PolicyDeniedError(decision, message, { hint: hintOf(decision.code, shown), ...facts })
}

/** The facts of a finding, fit to be printed. */
export function showFacts(finding: Finding | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(finding?.facts ?? {}).map(([name, value]) => [name, show(value)]))
}

/** Facts are public, but some were spelled by a stranger: one line, of bounded length. */
function show(value: Facts[string]): string {
  return String(value).slice(0, 200).replace(/\p{C}/gu, '?')
}

/** Russian: the exact fix, or whom to ask. */
export function hintOf(code: ReasonCode, facts: Facts): string {
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
    case 'data.personal':
      return `В запросе персональные данные (${facts['types'] ?? 'или файлы, в которые не заглянуть'}): уберите их или разрешите маскирование: personalData({ on: 'mask' }).`
    case 'data.special':
      return `Запрос помечен категорией «${facts['category'] ?? ''}», а специальные категории политика не пропускает: уберите такие данные; обычные категории — public, internal, confidential, personal.`
    case 'policy.obligation_unmet':
      return hintOfUnmet(facts)
    case 'policy.forbidden':
      return 'Запрос запрещён правилом владельца политики: имя правила — в error.decision.because.'
    case 'socket.pool_scope':
      return 'Соединение открыто под другой политикой: закройте клиента, которому оно принадлежит.'
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

function hintOfUnmet(facts: Facts): string {
  switch (facts['obligation']) {
    case 'mask':
      return 'Политика требует маскирования: уберите изображения, файлы и личное из providerOptions (их замаскировать нельзя) и укажите один masker: personalData() из @shlyuz/personal-data.'
    case 'log':
      return "Политика требует журнала: createClient({ audit: auditLog({ file: 'audit.jsonl' }) }); содержание запросов в журнал не пишется никогда."
    case 'header':
      return 'Два правила требуют разных значений одного заголовка: согласуйте их.'
    default:
      return 'Политика требует модели на своих серверах: выберите провайдера, все адреса которого перечислены в origins (also) с addresses.'
  }
}
