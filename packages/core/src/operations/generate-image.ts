import { lossesOf } from '../features/check-features.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { Masker, MaskSession } from '../policy/masker.ts'
import type { ImageAnswer, ImageCall, Provider } from '../provider.ts'
import type { Feature } from '../vocabulary/features.ts'
import type { AspectRatio, GenerateImageResult } from '../vocabulary/images.ts'
import { checkOptionNames, checkText, optionsOf, parseProviderOptions } from './check-call-options.ts'
import { checkFunction } from './check-text-options.ts'
import { checkNumber, refuse } from './checks.ts'
import { calculateCost } from './calculate-cost.ts'
import { assumedOutputTokens, pricesOf } from './prices.ts'
import { today } from './today.ts'
import { loggingOf } from './create-intent.ts'
import { findCard } from './create-text-call.ts'
import { applyLosses, judgeAnswer, refuseVerb, runModelCall, type CallFrame, type OpenModelCall } from './run-call.ts'
import { runOperation } from './run-operation.ts'

/** An image to make, checked as far as every provider has it. */
export interface ImageDraft extends Omit<ImageCall, 'options'> {
  readonly onProgress?: (progress: number) => void
}

const optionNames = ['model', 'prompt', 'instructions', 'seed', 'aspectRatio', 'onProgress', 'providerOptions']

/** @throws ConfigurationError */
export function checkImageOptions(options: unknown): ImageDraft {
  checkOptionNames('generateImage', options, optionNames, '{ model, prompt }')
  const { instructions, seed, aspectRatio } = options
  checkNumber('seed', seed, 0, Number.MAX_SAFE_INTEGER, true)
  checkFunction('onProgress', options['onProgress'])
  const onProgress = options['onProgress'] as ImageDraft['onProgress']
  return {
    prompt: checkText('prompt', options['prompt']),
    ...(instructions !== undefined && { instructions: checkText('instructions', instructions) }),
    ...(seed !== undefined && { seed: seed as number }),
    ...(aspectRatio !== undefined && { aspectRatio: checkRatio(aspectRatio) }),
    ...(onProgress && { onProgress }),
  }
}

function checkRatio(ratio: unknown): AspectRatio {
  if (typeof ratio === 'string' && /^[1-9]\d{0,3}:[1-9]\d{0,3}$/.test(ratio)) return ratio as AspectRatio
  return refuse(
    "aspectRatio must be of the form '16:9'",
    "aspectRatio: два целых числа через двоеточие, например '16:9'.",
  )
}

/** Makes an image, and waits for it where the service takes its time. */
export function generateImage(
  frame: CallFrame,
  { provider, modelId }: { readonly provider: Provider; readonly modelId: string },
  draft: ImageDraft,
  providerOptions: unknown,
): Promise<GenerateImageResult> {
  const { onProgress, ...wish } = draft
  let masked: typeof wish | undefined
  let session: MaskSession | undefined
  const aim = {
    provider,
    operation: 'image' as const,
    modelId,
    content: {
      messages: 1,
      characters: wish.prompt.length + (wish.instructions?.length ?? 0),
      images: 0,
      files: 0,
      remoteUrls: 0,
      remoteTools: [],
    },
    mask: (masker: Masker) => {
      const opened = masker.open()
      const { prompt, instructions } = wish
      masked = {
        ...wish,
        prompt: opened.mask(prompt),
        ...(instructions !== undefined && { instructions: opened.mask(instructions) }),
      }
      session = opened
      return opened.counts
    },
    providerOptions: optionsOf(providerOptions, provider),
    ahead: { characters: wish.prompt.length + (wish.instructions?.length ?? 0), outputTokens: assumedOutputTokens },
    ...(onProgress && { onProgress }),
  }
  return runModelCall(frame, aim, async (call) => {
    const asked = call.isMasked && masked ? masked : wish
    const { context, record, ref } = call
    const options = parseProviderOptions(provider, providerOptions)
    applyLosses(record, lossesOf(provider.surfaceOf(ref, options), featuresOf(wish), findCard(provider, ref)))
    if (!provider.image) refuseVerb(provider, 'generateImage')
    warnOfLogging(call)
    const answer = await runOperation(context, provider.image(Object.freeze({ ...asked, options }), ref), undefined)
    judgeAnswer(call, answer.modelId)
    if (answer.bytes.length === 0) {
      throw new ProtocolError('the service sent an image without content', {
        code: 'response.shape',
        hint: 'Сервис прислал пустое изображение: повторите запрос.',
      })
    }
    onProgress?.(1)
    return createResult(call, call.isMasked ? restoreText(answer, session) : answer)
  })
}

function featuresOf({ seed, aspectRatio, instructions }: Omit<ImageCall, 'options'>): Feature[] {
  const asked: Feature[] = ['generate-image']
  if (seed !== undefined) asked.push('image-seed')
  if (aspectRatio !== undefined) asked.push('image-aspect-ratio')
  if (instructions !== undefined) asked.push('image-instructions')
  return asked
}

function warnOfLogging({ context, record }: OpenModelCall): void {
  const { provider } = context
  if (loggingOf(provider, 'image') !== 'cannot be switched off') return
  record.warn({
    code: 'provider-logging',
    message: `${provider.name} stores the prompts of images, and that cannot be switched off`,
  })
}

/** What the service says beside the image may repeat the prompt. */
function restoreText(answer: ImageAnswer, session: MaskSession | undefined): ImageAnswer {
  return session && answer.text !== undefined ? { ...answer, text: session.restore(answer.text, 'text') } : answer
}

function createResult({ context, record, ref }: OpenModelCall, answer: ImageAnswer): GenerateImageResult {
  const { bytes, mediaType, text, usage = {}, rawModel, warnings = [] } = answer
  const cost = calculateCost(usage, pricesOf(context.services.prices, context.provider, ref), today())
  return Object.freeze({
    bytes,
    mediaType,
    ...(text !== undefined && { text }),
    usage,
    ...(cost && { cost }),
    model: Object.freeze({
      provider: context.provider.name,
      id: ref.id,
      ...(rawModel !== undefined && { answeredBy: rawModel }),
    }),
    policy: record.receipt(),
    warnings: Object.freeze([...record.warnings, ...warnings]),
    attempts: Object.freeze([...record.attempts]),
  })
}
