/** The example of docs/testing.md for code on Dynamic's SDK, word for word, is a test of this file. */
import 'example:docs/testing.md/3'
