import type { PasskeyMessages } from './messages.ts'

/** Arabic. */
export const ar: PasskeyMessages = {
  use: 'استخدام مفتاح مرور',
  or: 'أو',
  hint: 'أكِّد بمفتاح المرور للمتابعة.',
  open: 'اتبع الخطوات التي يعرضها متصفحك.',
  title: 'مفاتيح المرور',
  why: 'بمفتاح المرور تؤكد ببصمة الإصبع أو الوجه أو قفل الشاشة، دون رمز.',
  none: 'لا توجد مفاتيح مرور بعد',
  add: 'إضافة مفتاح مرور',
  rename: 'إعادة التسمية',
  remove: 'إزالة',
  name: 'الاسم',
  save: 'حفظ',
  empty: 'أدخل اسمًا أولًا.',
  cancel: 'إلغاء',
  confirmRemoval: (name) => `هل تريد إزالة مفتاح المرور «${name}»؟ لن تتمكن من التأكيد به بعد ذلك.`,
  renameOne: (name) => `إعادة تسمية ${name}`,
  removeOne: (name) => `إزالة ${name}`,
  unnamed: 'مفتاح مرور',
  added: (time) => `أُضيف في ${time}`,
  lastUsed: (time) => `آخر استخدام: ${time}`,
  announcements: {
    added: 'أُضيف مفتاح المرور.',
    renamed: 'أُعيدت تسمية مفتاح المرور.',
    removed: 'أُزيل مفتاح المرور.',
  },
}
