#include "mpi/library.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "base/error.h"

#ifdef __linux__
#include <dlfcn.h>
#include <link.h>
#endif

namespace unrolled::mpi {

std::string Library::textOf(int code) const {
  std::array<char, 1024> text{};  // libraries write 512 bytes at most
  int length = 0;
  if (errorString == nullptr || errorString(code, text.data(), &length) != 0) {
    return "error " + std::to_string(code);
  }
  return text.data();
}

#ifdef __linux__

namespace {

// What libraries with MPICH's ABI call themselves.
constexpr std::array mpichs{"MPICH", "Intel", "MVAPICH", "CRAY", "Cray", "ParaStation"};

std::string fileOf(void* library, const std::string& name) {
  const link_map* map = nullptr;
  if (dlinfo(library, RTLD_DI_LINKMAP, static_cast<void*>(&map)) != 0 || map == nullptr) return name;
  return map->l_name;
}

// Not called `bind`: std::bind would match a call with a string as well.
template <class Function>
void resolve(void* library, const std::string& file, const char* name, Function*& function) {
  static_assert(std::is_function_v<Function>);
  function = reinterpret_cast<Function*>(dlsym(library, name));
  if (function != nullptr) return;
  throw Error("ERR_UNROLLED_MPI", file + " has no function " + name + ", so it is no library of MPI",
              "Set UNROLLED_MPI to the MPI library of the launcher.");
}

// What the three ABIs call what we need. That of MPI-5 is known by the file's name alone, since its libraries export
// the same functions as the others.
void bindAbi(void* library, Library& mpi) {
  const std::string base = mpi.file.substr(mpi.file.rfind('/') + 1);
  void* const world = dlsym(library, "ompi_mpi_comm_world");
  if (base.rfind("libmpi_abi.", 0) == 0) {
    mpi.abi = "MPI";
    mpi.world = 0x101;
    mpi.byte = 0x247;
    mpi.errorsReturn = 0x143;
    mpi.funneled = 1024;
    return;
  }
  if (world != nullptr) {
    mpi.abi = "Open MPI";
    mpi.world = reinterpret_cast<Handle>(world);
    mpi.byte = reinterpret_cast<Handle>(dlsym(library, "ompi_mpi_byte"));
    mpi.errorsReturn = reinterpret_cast<Handle>(dlsym(library, "ompi_mpi_errors_return"));
    return;
  }
  const bool likeMpich = std::any_of(mpichs.begin(), mpichs.end(),
                                     [&](const char* name) { return mpi.version.find(name) != std::string::npos; });
  if (!likeMpich) {
    throw Error("ERR_UNROLLED_MPI", mpi.file + " is an MPI whose binary interface is not known (" + mpi.version + ")",
                "Open MPI, MPICH and what is compatible with it, and libmpi_abi.so.1 of any MPI-5 can be used.");
  }
  mpi.abi = "MPICH";
  mpi.world = 0x44000000;
  mpi.byte = 0x4c00010d;
  mpi.errorsReturn = 0x54000001;
  mpi.statusIgnore = reinterpret_cast<void*>(1);
}

// "MPICH Version: 4.0.2", or "Open MPI v4.1.4" of the list that Open MPI gives.
std::string nameIn(const std::string& text) {
  std::string name;
  for (const char letter : text.substr(0, std::min(text.find('\n'), text.find(", ")))) {
    const bool isSpace = letter == ' ' || letter == '\t';
    if (!isSpace) name += letter;
    if (isSpace && !name.empty() && name.back() != ' ') name += ' ';
  }
  return name;
}

Library bound(void* library, const std::string& name) {
  Library mpi;
  mpi.file = fileOf(library, name);
  const auto resolveTo = [&](const char* function, auto& place) { resolve(library, mpi.file, function, place); };
  resolveTo("MPI_Get_library_version", mpi.getLibraryVersion);
  resolveTo("MPI_Initialized", mpi.initialized);
  resolveTo("MPI_Init_thread", mpi.initThread);
  resolveTo("MPI_Finalize", mpi.finalize);
  resolveTo("MPI_Abort", mpi.abort);
  resolveTo("MPI_Comm_set_errhandler", mpi.setErrorHandler);
  resolveTo("MPI_Error_string", mpi.errorString);
  resolveTo("MPI_Comm_rank", mpi.rank);
  resolveTo("MPI_Comm_size", mpi.size);
  resolveTo("MPI_Isend", mpi.isend);
  resolveTo("MPI_Irecv", mpi.irecv);
  resolveTo("MPI_Test", mpi.test);
  std::array<char, 16384> text{};  // libraries write 8192 bytes at most
  int length = 0;
  if (mpi.getLibraryVersion(text.data(), &length) == 0) mpi.version = nameIn(text.data());
  bindAbi(library, mpi);
  return mpi;
}

}  // namespace

Library openLibrary(const std::vector<std::string>& files) {
  std::string reasons;
  for (const std::string& file : files) {
    // Its plug-ins look for the library's own names among those of the process. A library of MPI cannot be unloaded.
    void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
    if (library != nullptr) return bound(library, file);
    const char* const reason = dlerror();
    reasons += (reasons.empty() ? "" : "; ") + std::string(reason == nullptr ? file : reason);
  }
  throw Error("ERR_UNROLLED_MPI", "No MPI library could be loaded: " + reasons,
              "Set UNROLLED_MPI to the MPI library of the launcher, or train without the other ranks.");
}

#else

Library openLibrary(const std::vector<std::string>& /*files*/) {
  throw Error("ERR_UNROLLED_MPI", "Training on several ranks over MPI needs Linux", "Train on this machine alone.");
}

#endif

}  // namespace unrolled::mpi
