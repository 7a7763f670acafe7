import { checkFeatures, type Loss, type ModelRef, type Surface, type TextCall } from '@shlyuz/core'
import { checkFiles } from './gigachat-files.ts'
import { chatModelNames, findGigachatModel } from './gigachat-models.ts'

/**
 * What GigaChat cannot keep of a call: the model's kind, the surface's column of the loss table, the files, and what
 * `checkValues` finds.
 */
export function checkGigachatCall(
  call: TextCall,
  model: ModelRef,
  surface: Surface,
  checkValues: (call: TextCall) => readonly Loss[],
): readonly Loss[] {
  const card = findGigachatModel(model.catalogueId)
  return [
    ...(card === undefined || card.kind === 'chat' ? [] : [notForChat(model.catalogueId, card.kind)]),
    ...checkFeatures(surface, call, card),
    ...checkFiles(call),
    ...checkValues(call),
  ]
}

function notForChat(id: string, kind: string): Loss {
  return {
    effect: 'refuse',
    code: 'model-not-for-chat',
    setting: 'model',
    message: `${id} is a model of kind ${kind}; it does not converse`,
    hint: `Возьмите модель для диалога: ${chatModelNames()}.`,
  }
}
