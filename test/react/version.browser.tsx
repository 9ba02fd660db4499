/// <reference types="vite/client" />
import { version } from 'react'
import { version as domVersion } from 'react-dom'
import { expect, it } from 'vitest'

it('these tests run on the React that their project names', () => {
  const major = import.meta.env.REACT_MAJOR
  expect([version.split('.')[0], domVersion.split('.')[0]]).toEqual([major, major])
})
