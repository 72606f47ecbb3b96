// Node-API on Windows, where the imports of a library name the program that exports them. node.exe is not the only
// program with Node-API: Electron, Bun and Deno have other names. So when the library is loaded, each function is
// looked up in the running program, and calls go through a stub of one jump.

#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

// The name of each function, as UNROLLED_NODE_API(name); CMakeLists.txt makes the file of Node's own list.
#define UNROLLED_NODE_API(name) extern "C" __attribute__((used)) void* unrolled_##name = nullptr;
#include "node_api_names.inc"
#undef UNROLLED_NODE_API

#if defined(__aarch64__)
#define UNROLLED_JUMP(place) "adrp x16, " place "\n ldr x16, [x16, :lo12:" place "]\n br x16\n"
#else
#define UNROLLED_JUMP(place) "jmpq *" place "(%rip)\n"
#endif

#define UNROLLED_NODE_API(name) \
  __asm__(".text\n .globl " #name "\n .p2align 4\n" #name ":\n " UNROLLED_JUMP("unrolled_" #name));
#include "node_api_names.inc"
#undef UNROLLED_NODE_API

namespace {

// A program that consists of several files has these functions in a library.
void* find(const char* name) {
  const HMODULE places[] = {GetModuleHandleW(nullptr), GetModuleHandleW(L"libnode.dll"), GetModuleHandleW(L"node.dll")};
  for (const HMODULE module : places) {
    const FARPROC found = module == nullptr ? nullptr : GetProcAddress(module, name);
    if (found != nullptr) return reinterpret_cast<void*>(found);
  }
  return nullptr;
}

}  // namespace

extern "C" BOOL WINAPI DllMain(HINSTANCE /*library*/, DWORD reason, LPVOID /*reserved*/) {
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
#define UNROLLED_NODE_API(name) unrolled_##name = find(#name);
#include "node_api_names.inc"
#undef UNROLLED_NODE_API
  // A function that not every version has may be absent; without this one, the program has no Node-API.
  return unrolled_napi_create_function == nullptr ? FALSE : TRUE;
}
