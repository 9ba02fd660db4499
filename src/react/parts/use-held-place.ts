import { type MouseEvent, useEffect, useRef, useState } from 'react'
import { isByPointer, onceElsewhere } from '../../ui/once-elsewhere.ts'

/** Keeps the height of an element after a click in it until the pointer leaves, so that nothing below it moves. */
export function useHeldPlace() {
  const [minHeight, setMinHeight] = useState<number>()
  const callOff = useRef(() => {})
  useEffect(() => () => callOff.current(), [])
  function hold({ currentTarget, nativeEvent }: MouseEvent<HTMLElement>) {
    if (!isByPointer(nativeEvent)) return
    setMinHeight(currentTarget.offsetHeight)
    callOff.current()
    callOff.current = onceElsewhere(nativeEvent, () => setMinHeight(undefined))
  }
  return { minHeight, hold }
}
