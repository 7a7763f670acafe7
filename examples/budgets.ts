// Rubles are set aside before a call is sent: the one that could pass the budget is refused.
import { BudgetExceededError, createClient } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { yandexgpt } from '@shlyuz/yandexgpt'

const emulator = await startEmulator({ pace: 'instant' })
const client = createClient({
  providers: [yandexgpt(emulator.yandexgpt)],
  network: emulator.network,
  budgets: [{ name: 'crm', amount: '0.50', period: 'day', warnAt: 0.8 }],
  onWarning: ({ message }) => console.log('внимание:', message),
})
const question = { model: 'yandexgpt/yandexgpt-5-lite', prompt: 'Назови реку Сибири', maxOutputTokens: 1_500 }
const [target] = await client.check(question)
console.log('не дороже', target?.estimate?.amount, '₽ за вопрос')
try {
  for (let asked = 1; asked <= 1_000; asked++) {
    const { cost } = await client.generateText(question)
    if (asked === 1) console.log('первый ответ стоил', cost?.amount, '₽')
  }
} catch (error) {
  if (!BudgetExceededError.isInstance(error)) throw error
  console.log(error.message)
  console.log(error.hint)
}
await client.close()
await emulator.close()
