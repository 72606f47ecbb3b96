// Node-API on Windows, where a library's imports name the program that they come from: node.exe is not the only one
// that has Node-API, and Electron, Bun and Deno are called otherwise. So when the library is loaded, each function is
// asked of the program that runs, and what calls it comes by a stub of one jump.

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

// Programs that are made of several files have it in a library of their own.
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
  // What no program of Node has to have may be absent; without this one, it has no Node-API.
  return unrolled_napi_create_function == nullptr ? FALSE : TRUE;
}
