// adamas_calls: calls of libadamas_runtime from Python whose arguments were checked before.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module of CPython's stable ABI that knows neither PyTorch nor libadamas_runtime: tensors are read through DLPack's
// C exchange, functions and structs are addresses that Python gives. One binary serves every CPython from 3.10 on and
// every PyTorch with that exchange. What it is for is in adamas/_calls.py, which does the same in Python elsewhere.

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030A0000
#include <Python.h>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

// ---- DLPack 1.x: as much of its header as is read here.

struct DLDevice {
  int32_t type, number;
};

struct DLTensor {
  void *data;
  DLDevice device;
  int32_t rank;
  uint8_t code, bits;
  uint16_t lanes;
  int64_t *shape, *strides;
  uint64_t byteOffset;
};

struct DLExchange {
  uint32_t major, minor;
  DLExchange *previous;
  void *allocate, *ownFromObject, *ownToObject;
  int (*fromObject)(void *object, DLTensor *tensor);
  int (*currentStream)(int32_t deviceType, int32_t number, void **stream);
};

constexpr int32_t cudaDevice = 2;
constexpr const char *exchangeName = "dlpack_exchange_api";

// ---- What a call is known by.

constexpr Py_ssize_t mostTensors = 16, mostArguments = 6, mostNumbers = 8;

/// Bytes that are equal for two calls exactly where the checks of one hold for the other.
class Key {
public:
  template <typename Number> void add(Number number) { addBytes(&number, sizeof(number)); }

  void addBytes(const void *bytes, size_t count) {
    if (count > sizeof(buffer) - used) {
      full = true;
      return;
    }
    if (count) // a tensor without axes has no shape to point to
      memcpy(buffer + used, bytes, count);
    used += count;
  }

  void addTensor(const DLTensor &tensor) {
    add(tensor.device);
    add(tensor.rank);
    add(tensor.code);
    add(tensor.bits);
    addBytes(tensor.shape, tensor.rank * sizeof(int64_t));
    addBytes(tensor.strides, tensor.rank * sizeof(int64_t));
  }

  /// Without what changes where a cache [B, H, N, D] grows: N, and the strides of the axes before it. `first`: of
  /// these.
  void addGrowing(const DLTensor &tensor, const DLTensor &first) {
    if (tensor.rank != 4 || first.rank != 4)
      return addTensor(tensor);
    add('g');
    add(tensor.device);
    add(tensor.code);
    add(tensor.bits);
    add(tensor.shape[2] == first.shape[2]);
    const int64_t sizes[] = {tensor.shape[0], tensor.shape[1], tensor.shape[3], tensor.strides[2], tensor.strides[3]};
    addBytes(sizes, sizeof(sizes));
  }

  /// A number, a string or None. False with an exception for anything else.
  bool addOption(PyObject *value) {
    if (PyUnicode_Check(value)) {
      Py_ssize_t size = 0;
      const char *text = PyUnicode_AsUTF8AndSize(value, &size);
      if (!text)
        return false;
      add('s');
      add(size);
      addBytes(text, size);
    } else if (PyLong_Check(value)) {
      long long number = PyLong_AsLongLong(value);
      if (number == -1 && PyErr_Occurred())
        return false;
      add('i');
      add(number);
    } else if (PyFloat_Check(value)) {
      add('f');
      add(PyFloat_AsDouble(value));
    } else if (value == Py_None) {
      add('n');
    } else {
      PyErr_Format(PyExc_TypeError, "options: expected numbers, strings and None, but got %R", value);
      return false;
    }
    return true;
  }

  /// Null without an exception where it did not fit: such a call is never known.
  PyObject *bytes() const {
    if (full)
      return nullptr;
    return PyBytes_FromStringAndSize(buffer, static_cast<Py_ssize_t>(used));
  }

private:
  char buffer[4096];
  size_t used = 0;
  bool full = false;
};

/// A word of a struct that follows the call: the address of a tensor (-1: 0), plus `offset`, plus a number (-1: 0)
/// times `scale`.
struct Place {
  Py_ssize_t tensor;
  uintptr_t address;
  int64_t offset;
  Py_ssize_t number;
  int64_t scale;
};

/// One remembered call. It belongs to the thread that its key names, so that its structs are filled by one at a time.
struct Call {
  uintptr_t function;
  Py_ssize_t argumentCount, placeCount, numberCount;
  uintptr_t arguments[mostArguments];
  PyObject *keep;
  Place places[1]; ///< placeCount of them.
};

constexpr const char *callName = "adamas_call";

void freeCall(PyObject *capsule) {
  auto *call = static_cast<Call *>(PyCapsule_GetPointer(capsule, callName));
  Py_XDECREF(call->keep);
  free(call);
}

int32_t run(const Call &call) {
  const uintptr_t *a = call.arguments;
  if (call.argumentCount == 5)
    return reinterpret_cast<int32_t (*)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t)>(call.function)(
        a[0], a[1], a[2], a[3], a[4]);
  return reinterpret_cast<int32_t (*)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t)>(call.function)(
      a[0], a[1], a[2], a[3], a[4], a[5]);
}

// ---- The type Table.

struct Table {
  PyObject ob_base; // PyObject_HEAD
  const DLExchange *exchange;
  PyTypeObject *tensorType;
  PyObject *fail, *known;
  Py_ssize_t most;
};

/// Reads the tensors and makes the key. Null with an exception, or null without one where a tensor cannot be read here,
/// so that the caller's own checks say what is wrong with it.
PyObject *look(const Table &table, PyObject *tensors, PyObject *options, Py_ssize_t growing, DLTensor *found) {
  if (!PyTuple_Check(tensors) || PyTuple_Size(tensors) > mostTensors) {
    PyErr_Format(PyExc_TypeError, "tensors: expected a tuple of at most %zd, but got %R", mostTensors, tensors);
    return nullptr;
  }
  Key key;
  const DLDevice *gpu = nullptr;
  for (Py_ssize_t i = 0, count = PyTuple_Size(tensors); i < count; ++i) {
    PyObject *tensor = PyTuple_GetItem(tensors, i);
    key.add(tensor != Py_None);
    if (tensor == Py_None)
      continue;
    if (!PyType_IsSubtype(Py_TYPE(tensor), table.tensorType))
      return nullptr;
    if (table.exchange->fromObject(tensor, &found[i])) {
      PyErr_Clear();
      return nullptr;
    }
    if (i < growing)
      key.addGrowing(found[i], found[0]);
    else
      key.addTensor(found[i]);
    if (!gpu && found[i].device.type == cudaDevice)
      gpu = &found[i].device;
  }
  if (gpu) {
    void *stream = nullptr;
    if (table.exchange->currentStream(gpu->type, gpu->number, &stream))
      return nullptr;
    key.add(stream);
  }
  key.add(PyThread_get_thread_ident());
  if (PyTuple_Check(options)) {
    for (Py_ssize_t i = 0, count = PyTuple_Size(options); i < count; ++i)
      if (!key.addOption(PyTuple_GetItem(options, i)))
        return nullptr;
    return key.bytes();
  }
  PyErr_Format(PyExc_TypeError, "options: expected a tuple, but got %R", options);
  return nullptr;
}

/// Whole numbers of a tuple; -1 with an exception where there are none or too many.
Py_ssize_t readNumbers(PyObject *given, int64_t *numbers) {
  Py_ssize_t count = PyTuple_Size(given);
  if (count > mostNumbers) {
    PyErr_Format(PyExc_ValueError, "numbers: expected at most %zd, but got %zd", mostNumbers, count);
    return -1;
  }
  for (Py_ssize_t i = 0; i < count; ++i)
    numbers[i] = PyLong_AsLongLong(PyTuple_GetItem(given, i));
  return PyErr_Occurred() ? -1 : count;
}

/// launch(tensors, options, numbers=(), growing=0): whether such a call is remembered; it was made then.
PyObject *launch(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  auto &table = *reinterpret_cast<Table *>(self);
  if (count < 2 || count > 4) {
    PyErr_Format(PyExc_TypeError, "launch: expected tensors, options, numbers and growing, but got %zd arguments",
                 count);
    return nullptr;
  }
  int64_t numbers[mostNumbers] = {};
  Py_ssize_t numberCount = count > 2 ? readNumbers(arguments[2], numbers) : 0;
  Py_ssize_t growing = count > 3 ? PyLong_AsSsize_t(arguments[3]) : 0;
  if (PyErr_Occurred())
    return nullptr;
  DLTensor tensors[mostTensors];
  PyObject *key = look(table, arguments[0], arguments[1], growing, tensors);
  if (!key)
    return PyErr_Occurred() ? nullptr : PyBool_FromLong(0);
  PyObject *capsule = PyDict_GetItemWithError(table.known, key);
  Py_DECREF(key);
  if (!capsule)
    return PyErr_Occurred() ? nullptr : PyBool_FromLong(0);
  auto *call = static_cast<Call *>(PyCapsule_GetPointer(capsule, callName));
  if (!call)
    return nullptr;
  if (numberCount < call->numberCount) {
    PyErr_Format(PyExc_ValueError, "numbers: expected %zd as when it was remembered, but got %zd", call->numberCount,
                 numberCount);
    return nullptr;
  }
  for (Py_ssize_t i = 0; i < call->placeCount; ++i) {
    const Place &place = call->places[i];
    int64_t word = place.offset;
    if (place.tensor >= 0)
      word += reinterpret_cast<int64_t>(tensors[place.tensor].data) +
              static_cast<int64_t>(tensors[place.tensor].byteOffset);
    if (place.number >= 0)
      word += numbers[place.number] * place.scale;
    memcpy(reinterpret_cast<void *>(place.address), &word, sizeof(word));
  }
  // Another thread may clear the table meanwhile.
  Py_INCREF(capsule);
  // A kernel of a CPU takes long, and a launch waits where the queue is full.
  PyThreadState *state = PyEval_SaveThread();
  int32_t status = run(*call);
  PyEval_RestoreThread(state);
  Py_DECREF(capsule);
  if (status == 0)
    return PyBool_FromLong(1);
  PyObject *result = PyObject_CallFunction(table.fail, "i", status);
  if (result)
    PyErr_Format(PyExc_RuntimeError, "fail: expected an exception for status %d, but got %R", status, result);
  Py_XDECREF(result);
  return nullptr;
}

bool readPlaces(Call &call, PyObject *places, Py_ssize_t tensorCount) {
  for (Py_ssize_t i = 0; i < call.placeCount; ++i) {
    unsigned long long address = 0;
    long long offset = 0, scale = 0;
    Place &place = call.places[i];
    if (!PyArg_ParseTuple(PyTuple_GetItem(places, i), "nKLnL", &place.tensor, &address, &offset, &place.number, &scale))
      return false;
    if (place.tensor >= tensorCount || place.number >= mostNumbers) {
      PyErr_Format(PyExc_ValueError, "places: expected tensors below %zd and numbers below %zd, but got %zd and %zd",
                   tensorCount, mostNumbers, place.tensor, place.number);
      return false;
    }
    place.address = static_cast<uintptr_t>(address);
    place.offset = offset;
    place.scale = scale;
    if (place.number >= call.numberCount)
      call.numberCount = place.number + 1;
  }
  return true;
}

/// remember(tensors, options, function, arguments, places, keep, growing=0): from now on `launch` makes this call for
/// all that are alike. function: an address; arguments: its 5 or 6, whole numbers; places: as the members of Place.
PyObject *remember(PyObject *self, PyObject *given) {
  auto &table = *reinterpret_cast<Table *>(self);
  PyObject *tensors, *options, *arguments, *places, *keep;
  unsigned long long function;
  Py_ssize_t growing = 0;
  if (!PyArg_ParseTuple(given, "O!OKO!O!O|n", &PyTuple_Type, &tensors, &options, &function, &PyTuple_Type, &arguments,
                        &PyTuple_Type, &places, &keep, &growing))
    return nullptr;
  Py_ssize_t argumentCount = PyTuple_Size(arguments), placeCount = PyTuple_Size(places);
  if (argumentCount != 5 && argumentCount != 6) {
    PyErr_Format(PyExc_ValueError, "arguments: expected 5 or 6, but got %zd", argumentCount);
    return nullptr;
  }
  auto *call = static_cast<Call *>(calloc(1, sizeof(Call) + placeCount * sizeof(Place)));
  if (!call)
    return PyErr_NoMemory();
  call->function = static_cast<uintptr_t>(function);
  call->argumentCount = argumentCount;
  call->placeCount = placeCount;
  PyObject *capsule = PyCapsule_New(call, callName, freeCall);
  if (!capsule) {
    free(call);
    return nullptr;
  }
  Py_INCREF(keep);
  call->keep = keep;
  bool read = readPlaces(*call, places, PyTuple_Size(tensors));
  for (Py_ssize_t i = 0; read && i < argumentCount; ++i) {
    call->arguments[i] = PyLong_AsSize_t(PyTuple_GetItem(arguments, i));
    read = !PyErr_Occurred();
  }
  DLTensor found[mostTensors];
  PyObject *key = read ? look(table, tensors, options, growing, found) : nullptr;
  if (key) {
    // Growing caches come with new shapes all the time, and old ones do not come back.
    if (PyDict_Size(table.known) >= table.most)
      PyDict_Clear(table.known);
    PyDict_SetItem(table.known, key, capsule);
    Py_DECREF(key);
  }
  Py_DECREF(capsule);
  return PyErr_Occurred() ? nullptr : PyBool_FromLong(key != nullptr);
}

/// Table(exchange, tensor_type, fail, most): see _calls.py.
PyObject *make(PyTypeObject *type, PyObject *arguments, PyObject *) {
  PyObject *exchange, *tensorType, *fail;
  Py_ssize_t most;
  if (!PyArg_ParseTuple(arguments, "OO!On", &exchange, &PyType_Type, &tensorType, &fail, &most))
    return nullptr;
  auto *api = static_cast<const DLExchange *>(PyCapsule_GetPointer(exchange, exchangeName));
  while (api && api->major > 1)
    api = api->previous;
  if (!api || api->major != 1 || !api->fromObject) {
    if (!PyErr_Occurred())
      PyErr_SetString(PyExc_ValueError, "exchange: expected DLPack 1 with tensors that are not owned, but it has none");
    return nullptr;
  }
  auto allocate = reinterpret_cast<allocfunc>(PyType_GetSlot(type, Py_tp_alloc));
  auto *table = reinterpret_cast<Table *>(allocate(type, 0));
  if (!table)
    return nullptr;
  table->exchange = api;
  table->most = most;
  Py_INCREF(tensorType);
  table->tensorType = reinterpret_cast<PyTypeObject *>(tensorType);
  Py_INCREF(fail);
  table->fail = fail;
  table->known = PyDict_New();
  if (!table->known) {
    Py_DECREF(table);
    return nullptr;
  }
  return reinterpret_cast<PyObject *>(table);
}

void destroy(PyObject *self) {
  auto *table = reinterpret_cast<Table *>(self);
  PyTypeObject *type = Py_TYPE(self);
  Py_XDECREF(table->known);
  Py_XDECREF(table->fail);
  Py_XDECREF(reinterpret_cast<PyObject *>(table->tensorType));
  reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

template <typename Function> void *slot(Function *function) { return reinterpret_cast<void *>(function); }

PyMethodDef methods[] = {
    {"launch", reinterpret_cast<PyCFunction>(reinterpret_cast<void *>(launch)), METH_FASTCALL,
     "launch(tensors, options, numbers=(), growing=0): makes the call that is remembered for such tensors; whether "
     "there is one."},
    {"remember", remember, METH_VARARGS,
     "remember(tensors, options, function, arguments, places, keep, growing=0): what launch does for such tensors."},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot slots[] = {{Py_tp_new, slot(make)}, {Py_tp_dealloc, slot(destroy)}, {Py_tp_methods, methods}, {0, nullptr}};

PyType_Spec specification = {"adamas_calls.Table", sizeof(Table), 0, Py_TPFLAGS_DEFAULT, slots};

PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "adamas_calls", nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr};

} // namespace

PyMODINIT_FUNC PyInit_adamas_calls() {
  PyObject *module = PyModule_Create(&definition);
  PyObject *type = module ? PyType_FromSpec(&specification) : nullptr;
  if (type && PyModule_AddObject(module, "Table", type) == 0)
    return module;
  Py_XDECREF(type);
  Py_XDECREF(module);
  return nullptr;
}
