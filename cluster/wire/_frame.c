/* The frame of a suspended coroutine, generator or async generator: read, made, filled, emptied.
 *
 * Policy (what may move, and how it is named) is Python's: coderef.py, reducing.py, moving.py. This file
 * only moves references in and out of a frame.
 *
 * A frame is localsplus (locals, cells, free variables) and, above it, the value stack up to `stacktop`;
 * an instruction pointer, which travels as an offset in code units; the state; the exception that is being
 * handled, without which a bare `raise` fails after a move; two flags of async generators.
 *
 * An awaited coroutine lies on the value stack of the one that awaits it, so a chain needs no code here.
 *
 * Emptied, not dropped: a coroutine that is freed while suspended gets GeneratorExit, and its `finally`
 * blocks run. An emptied one is finished: `send` says "cannot reuse already awaited coroutine".
 *
 * The collector is off while a frame is read or written: it may run a finaliser, and that may resume
 * the very generator.
 *
 * Layouts are those of CPython 3.11, 3.12 and 3.13 with a GIL; all that differs is in the #if block below.
 * After 3.13 slots are tagged references and `stacktop` is a pointer: somebody must look. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#if PY_VERSION_HEX < 0x030B0000 || PY_VERSION_HEX >= 0x030E0000
#error "the frame layout is known for CPython 3.11, 3.12 and 3.13 only"
#endif
#ifdef Py_GIL_DISABLED
#error "free-threaded builds are not supported: another thread may run the frame"
#endif

#define Py_BUILD_CORE 1
#include "internal/pycore_code.h"
#include "internal/pycore_frame.h"
#include "opcode.h"
#undef Py_BUILD_CORE

typedef _PyInterpreterFrame Frame;

#if PY_VERSION_HEX < 0x030C0000 /* 3.11 */
#define CODE(f) ((f)->f_code)
#define FUNCTION(f) ((PyObject *)(f)->f_func)
#define INSTRUCTION(f) ((f)->prev_instr) /* the one that yielded */
#define BEFORE_FIRST(code) (_PyCode_CODE(code) - 1)
#define STANDS_AFTER 0
#define IS_SUSPENDED(s) ((s) == FRAME_SUSPENDED)
#elif PY_VERSION_HEX < 0x030D0000 /* 3.12 */
#define CODE(f) ((f)->f_code)
#define FUNCTION(f) ((f)->f_funcobj)
#define INSTRUCTION(f) ((f)->prev_instr)
#define BEFORE_FIRST(code) (_PyCode_CODE(code) - 1)
#define STANDS_AFTER 0
#define IS_SUSPENDED(s) ((s) == FRAME_SUSPENDED)
#else /* 3.13 */
#define CODE(f) ((PyCodeObject *)(f)->f_executable)
#define FUNCTION(f) ((f)->f_funcobj)
#define INSTRUCTION(f) ((f)->instr_ptr) /* the one after it */
#define BEFORE_FIRST(code) _PyCode_CODE(code)
#define STANDS_AFTER 1
#define IS_SUSPENDED(s) FRAME_STATE_SUSPENDED(s)
#endif

/* Since 3.12 comprehensions are inlined, and their variables may share a slot with a cell of the same name. */
#define HAS_FIXED_CELLS (PY_VERSION_HEX < 0x030C0000)
#define IS_MOVABLE(s) ((s) == FRAME_CREATED || IS_SUSPENDED(s))
#define AFTER_YIELD_FROM 2 /* of the argument of RESUME: 2 after `yield from`, 3 after `await` */
#define FLAG_CLOSED 1
#define FLAG_RUNNING_ASYNC 2

static PyObject *FrameError;

static Frame *frame_of(PyGenObject *gen) { return (Frame *)gen->gi_iframe; }

static PyGenObject *as_generator(PyObject *o) {
    if (PyGen_CheckExact(o) || PyCoro_CheckExact(o) || PyAsyncGen_CheckExact(o)) return (PyGenObject *)o;
    PyErr_Format(PyExc_TypeError, "not a coroutine, generator or async generator: %.80s", Py_TYPE(o)->tp_name);
    return NULL;
}

/* How many slots are in use; -1 with an error when that cannot be. */
static int depth_of(Frame *f) {
    PyCodeObject *code = CODE(f);
    int n = f->stacktop;
    if (n < code->co_nlocalsplus || n > code->co_nlocalsplus + code->co_stacksize) {
        PyErr_Format(FrameError, "a frame of %U uses %d slots, which cannot be", code->co_qualname, n);
        return -1;
    }
    return n;
}

/* -- capture */

static PyObject *read_frame(PyGenObject *gen) {
    Frame *f = frame_of(gen);
    int n = depth_of(f), empty = 0;
    if (n < 0) return NULL;
    for (int i = 0; i < n; i++) empty += f->localsplus[i] == NULL;
    PyObject *values = PyTuple_New(n - empty), *nulls = PyTuple_New(empty);
    if (values == NULL || nulls == NULL) goto fail;
    for (int i = 0, v = 0, z = 0; i < n; i++) {
        PyObject *slot = f->localsplus[i];
        if (slot != NULL) {
            PyTuple_SET_ITEM(values, v++, Py_NewRef(slot));
            continue;
        }
        PyObject *index = PyLong_FromLong(i);
        if (index == NULL) goto fail;
        PyTuple_SET_ITEM(nulls, z++, index);
    }
    PyObject *handled = gen->gi_exc_state.exc_value;
    int flags = (gen->gi_closed ? FLAG_CLOSED : 0) | (gen->gi_running_async ? FLAG_RUNNING_ASYNC : 0);
    return Py_BuildValue("OiiNNOi", FUNCTION(f), (int)(INSTRUCTION(f) - _PyCode_CODE(CODE(f))),
                         (int)gen->gi_frame_state, nulls, values, handled ? handled : Py_None, flags);
fail:
    Py_XDECREF(values);
    Py_XDECREF(nulls);
    return NULL;
}

static PyObject *capture(PyObject *Py_UNUSED(module), PyObject *o) {
    PyGenObject *gen = as_generator(o);
    if (gen == NULL) return NULL;
    int state = gen->gi_frame_state;
    if (state == FRAME_EXECUTING) {
        PyErr_Format(FrameError, "a running %.80s", Py_TYPE(o)->tp_name);
        return NULL;
    }
    if (!IS_MOVABLE(state)) Py_RETURN_NONE;
    int collecting = PyGC_Disable();
    PyObject *read = read_frame(gen);
    if (collecting) PyGC_Enable();
    return read;
}

/* -- abandoned */

static int is_suspended(PyObject *o) {
    if (!PyGen_CheckExact(o) && !PyCoro_CheckExact(o) && !PyAsyncGen_CheckExact(o)) return 0;
    return IS_SUSPENDED(((PyGenObject *)o)->gi_frame_state);
}

/* A frame that has ended belongs to its frame object, which only a traceback keeps. */
static PyObject *abandoned(PyObject *Py_UNUSED(module), PyObject *o) {
    if (!PyFrame_Check(o)) {
        PyErr_SetString(PyExc_TypeError, "abandoned takes a frame");
        return NULL;
    }
    PyObject *found = PyList_New(0);
    Frame *f = ((PyFrameObject *)o)->f_frame;
    if (found == NULL || f->owner != FRAME_OWNED_BY_FRAME_OBJECT) return found;
    for (int i = 0; i < CODE(f)->co_nlocalsplus && i < f->stacktop; i++) {
        PyObject *held = f->localsplus[i];
        if (held != NULL && PyCell_Check(held)) held = PyCell_GET(held);
        if (held == NULL || !is_suspended(held)) continue;
        if (PyList_Append(found, held) < 0) {
            Py_DECREF(found);
            return NULL;
        }
    }
    return found;
}

/* -- void */

/* Move all that the frame holds to `taken`, which is new and has room for it. */
static void empty_into(PyGenObject *gen, PyObject *taken) {
    Frame *f = frame_of(gen);
    int n = f->stacktop;
    gen->gi_frame_state = FRAME_COMPLETED;
    for (int i = 0; i < n; i++) {
        PyTuple_SET_ITEM(taken, i, f->localsplus[i]); /* may be NULL: the tuple is never seen */
        f->localsplus[i] = NULL;
    }
    f->stacktop = CODE(f)->co_nlocalsplus;
    /* Where it stood the interpreter would look for what is awaited, on a stack that is empty now. */
    INSTRUCTION(f) = BEFORE_FIRST(CODE(f));
    PyTuple_SET_ITEM(taken, n, gen->gi_exc_state.exc_value);
    gen->gi_exc_state.exc_value = NULL;
    PyTuple_SET_ITEM(taken, n + 1, f->f_locals); /* what locals() once returned: a cache */
    f->f_locals = NULL;
}

static PyObject *room_for(PyGenObject *gen) {
    int n = depth_of(frame_of(gen));
    return n < 0 ? NULL : PyTuple_New(n + 2);
}

/* The generator of a pair (generator, instruction); NULL with an error when it stands elsewhere by now. */
static PyGenObject *still_there(PyObject *pair) {
    if (!PyTuple_CheckExact(pair) || PyTuple_GET_SIZE(pair) != 2) {
        PyErr_SetString(PyExc_TypeError, "void takes pairs of a generator and its instruction");
        return NULL;
    }
    PyGenObject *gen = as_generator(PyTuple_GET_ITEM(pair, 0));
    if (gen == NULL) return NULL;
    long instruction = PyLong_AsLong(PyTuple_GET_ITEM(pair, 1));
    if (instruction == -1 && PyErr_Occurred()) return NULL;
    if (IS_MOVABLE(gen->gi_frame_state)) {
        Frame *f = frame_of(gen);
        if (INSTRUCTION(f) - _PyCode_CODE(CODE(f)) == instruction) return gen;
    }
    PyErr_Format(FrameError, "%U has been resumed since it was read", gen->gi_qualname);
    return NULL;
}

static PyObject *void_frames(PyObject *Py_UNUSED(module), PyObject *pairs) {
    if (!PyList_CheckExact(pairs)) {
        PyErr_SetString(PyExc_TypeError, "void takes a list");
        return NULL;
    }
    Py_ssize_t n = PyList_GET_SIZE(pairs);
    int collecting = PyGC_Disable();
    PyObject *all = PyTuple_New(n); /* room is made for all before the first is emptied */
    for (Py_ssize_t i = 0; all != NULL && i < n; i++) {
        PyGenObject *gen = still_there(PyList_GET_ITEM(pairs, i));
        PyObject *taken = gen == NULL ? NULL : room_for(gen);
        if (taken == NULL) Py_CLEAR(all);
        else PyTuple_SET_ITEM(all, i, taken);
    }
    for (Py_ssize_t i = 0; all != NULL && i < n; i++) {
        PyGenObject *gen = (PyGenObject *)PyTuple_GET_ITEM(PyList_GET_ITEM(pairs, i), 0);
        if (IS_MOVABLE(gen->gi_frame_state)) empty_into(gen, PyTuple_GET_ITEM(all, i)); /* not twice */
    }
    if (collecting) PyGC_Enable();
    if (all == NULL) return NULL;
    Py_DECREF(all); /* destructors run here, and see only finished generators */
    Py_RETURN_NONE;
}

/* -- alloc */

static PyObject *call_with_nones(PyObject *function, PyCodeObject *code) {
    int positional = code->co_argcount, named = code->co_kwonlyargcount;
    PyObject *names = NULL, *made = NULL, **arguments = PyMem_New(PyObject *, positional + named + 1);
    if (arguments == NULL) return PyErr_NoMemory();
    for (int i = 0; i < positional + named; i++) arguments[i] = Py_None;
    if (named > 0 && (names = PyTuple_New(named)) == NULL) goto done;
    for (int i = 0; i < named; i++)
        PyTuple_SET_ITEM(names, i, Py_NewRef(PyTuple_GET_ITEM(code->co_localsplusnames, positional + i)));
    made = PyObject_Vectorcall(function, arguments, positional, names);
done:
    Py_XDECREF(names);
    PyMem_Free(arguments);
    return made;
}

static PyObject *alloc(PyObject *Py_UNUSED(module), PyObject *function) {
    if (!PyFunction_Check(function)) {
        PyErr_SetString(PyExc_TypeError, "alloc takes a Python function");
        return NULL;
    }
    PyCodeObject *code = (PyCodeObject *)PyFunction_GET_CODE(function);
    if (!(code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR))) {
        PyErr_Format(FrameError, "%U makes no coroutine", code->co_qualname);
        return NULL;
    }
    PyObject *made = call_with_nones(function, code); /* of such a function a call only builds the object */
    if (made == NULL) return NULL;
    PyGenObject *gen = as_generator(made);
    if (gen != NULL && CODE(frame_of(gen)) != code) {
        PyErr_Format(FrameError, "%U did not build its own frame", code->co_qualname);
        gen = NULL;
    }
    int collecting = PyGC_Disable();
    PyObject *taken = gen == NULL ? NULL : room_for(gen);
    if (taken != NULL) empty_into(gen, taken);
    if (collecting) PyGC_Enable();
    if (taken == NULL) Py_CLEAR(made);
    Py_XDECREF(taken);
    return made;
}

/* -- restore */

/* Put values and NULLs in the order of their slots; 0, or -1 when they do not fit the code. Borrowed. */
static int lay_out(PyObject **slots, Py_ssize_t n, PyObject *nulls, PyObject *values, PyCodeObject *code) {
    Py_ssize_t z = 0, v = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        int is_null = z < PyTuple_GET_SIZE(nulls) && PyLong_AsSsize_t(PyTuple_GET_ITEM(nulls, z)) == i;
        if (!is_null && v == PyTuple_GET_SIZE(values)) return -1;
        slots[i] = is_null ? NULL : PyTuple_GET_ITEM(values, v++);
        z += is_null;
        if (!HAS_FIXED_CELLS || i >= code->co_nlocalsplus) continue;
        /* These slots are used without a look at what they hold. */
        _PyLocals_Kind kind = _PyLocals_GetKind(code->co_localspluskinds, (int)i);
        if ((kind & (CO_FAST_CELL | CO_FAST_FREE)) && (slots[i] == NULL || !PyCell_Check(slots[i]))) return -1;
    }
    return z == PyTuple_GET_SIZE(nulls) ? 0 : -1;
}

/* Whether a frame may stand there: after a yield, or, when it has not begun, at the end of its head. What is
 * awaited lies on top of the stack, where the interpreter looks without asking whether there is any. The code is
 * read as it was compiled: in the code that runs, a cache can hold any number, that of YIELD_VALUE too. */
static int stands_well(PyCodeObject *code, long instruction, long state, int on_stack, PyObject *top) {
    long left = instruction - STANDS_AFTER;
    if (left < 0 || left + 1 >= Py_SIZE(code)) return 0;
    PyObject *compiled = PyCode_GetCode(code);
    if (compiled == NULL) return 0;
    const unsigned char *units = (const unsigned char *)PyBytes_AS_STRING(compiled); /* an opcode, its argument, ... */
    int opcode = units[2 * left], after = units[2 * left + 3] & 3;
    Py_DECREF(compiled);
    if (state == FRAME_CREATED) return on_stack == 0 && opcode == RETURN_GENERATOR;
    int awaits = state != FRAME_SUSPENDED || after >= AFTER_YIELD_FROM;
    return opcode == YIELD_VALUE && (!awaits || (on_stack > 0 && top != NULL));
}

static int fill_frame(PyGenObject *gen, long instruction, long state, PyObject *nulls, PyObject *values,
                      PyObject *handled, long flags) {
    Frame *f = frame_of(gen);
    PyCodeObject *code = CODE(f);
    Py_ssize_t n = PyTuple_GET_SIZE(nulls) + PyTuple_GET_SIZE(values);
    if (n < code->co_nlocalsplus || n > code->co_nlocalsplus + code->co_stacksize || instruction < 0 ||
        instruction >= Py_SIZE(code) || !IS_MOVABLE(state)) {
        PyErr_Format(FrameError, "a frame that does not fit the code of %U", code->co_qualname);
        return -1;
    }
    PyObject **slots = PyMem_New(PyObject *, n + 1);
    if (slots == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int fits = lay_out(slots, n, nulls, values, code);
    int on_stack = (int)(n - code->co_nlocalsplus);
    if (fits == 0 && !stands_well(code, instruction, state, on_stack, on_stack > 0 ? slots[n - 1] : NULL)) fits = -1;
    if (fits == 0) {
        for (Py_ssize_t i = 0; i < n; i++) f->localsplus[i] = Py_XNewRef(slots[i]);
        f->stacktop = (int)n;
        INSTRUCTION(f) = _PyCode_CODE(code) + instruction;
        gen->gi_exc_state.exc_value = handled == Py_None ? NULL : Py_NewRef(handled);
        gen->gi_closed = (flags & FLAG_CLOSED) != 0;
        gen->gi_running_async = (flags & FLAG_RUNNING_ASYNC) != 0;
        gen->gi_frame_state = (int8_t)state;
    }
    PyMem_Free(slots);
    if (fits == 0) return 0;
    if (!PyErr_Occurred()) PyErr_Format(FrameError, "values that do not fit the slots of %U", code->co_qualname);
    return -1;
}

static PyObject *restore(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *o, *nulls, *values, *handled;
    long instruction, state, flags;
    if (!PyArg_ParseTuple(arguments, "OllO!O!Ol:restore", &o, &instruction, &state, &PyTuple_Type, &nulls,
                          &PyTuple_Type, &values, &handled, &flags))
        return NULL;
    PyGenObject *gen = as_generator(o);
    if (gen == NULL) return NULL;
    if (gen->gi_frame_state != FRAME_COMPLETED || frame_of(gen)->stacktop != CODE(frame_of(gen))->co_nlocalsplus) {
        PyErr_SetString(FrameError, "a frame that is not empty");
        return NULL;
    }
    if (handled != Py_None && !PyExceptionInstance_Check(handled)) {
        PyErr_SetString(FrameError, "a handled exception that is none");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(nulls); i++)
        if (!PyLong_CheckExact(PyTuple_GET_ITEM(nulls, i))) {
            PyErr_SetString(FrameError, "an empty slot that is no number");
            return NULL;
        }
    int collecting = PyGC_Disable();
    int filled = fill_frame(gen, instruction, state, nulls, values, handled, flags);
    if (collecting) PyGC_Enable();
    if (filled < 0) return NULL;
    Py_RETURN_NONE;
}

/* -- awaitables of the interpreter that drive a coroutine or an async generator. Layouts of 3.11 to 3.13. */

typedef struct {
    PyObject_HEAD
    PyObject *coroutine;
} Wrapper; /* coroutine.__await__() */

typedef struct {
    PyObject_HEAD
    PyObject *generator;
    PyObject *value; /* to send; of an athrow its arguments, NULL when it is an aclose */
    int state;
} Step; /* __anext__, asend, athrow and aclose of an async generator */

typedef struct {
    PyObject_HEAD
    PyObject *generator;
    PyObject *type, *traceback, *value;
    int state;
} LongStep; /* athrow and aclose since 3.13 */

/* 3.13 does not export these types. A class of a program is no static type. */
static int is_builtin(PyObject *o, const char *name, size_t size) {
    PyTypeObject *type = Py_TYPE(o);
    return !(type->tp_flags & Py_TPFLAGS_HEAPTYPE) && strcmp(type->tp_name, name) == 0 &&
           (size_t)type->tp_basicsize == size;
}

static int *state_of(PyObject *o) {
    if (is_builtin(o, "async_generator_asend", sizeof(Step)) || is_builtin(o, "async_generator_athrow", sizeof(Step)))
        return &((Step *)o)->state;
    if (is_builtin(o, "async_generator_athrow", sizeof(LongStep))) return &((LongStep *)o)->state;
    return NULL;
}

static PyObject *inspect_awaitable(PyObject *Py_UNUSED(module), PyObject *o) {
    if (is_builtin(o, "coroutine_wrapper", sizeof(Wrapper))) return Py_NewRef(((Wrapper *)o)->coroutine);
    int *state = state_of(o);
    if (state == NULL) {
        PyErr_Format(PyExc_TypeError, "not an awaitable of the interpreter: %.80s", Py_TYPE(o)->tp_name);
        return NULL;
    }
    Step *step = (Step *)o; /* the first two fields of both layouts are alike */
    if (strcmp(Py_TYPE(o)->tp_name, "async_generator_asend") == 0)
        return Py_BuildValue("OOi", step->generator, step->value ? step->value : Py_None, *state);
    return Py_BuildValue("OOi", step->generator, step->value ? Py_False : Py_True, *state);
}

static PyObject *set_awaitable(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *o;
    int value;
    if (!PyArg_ParseTuple(arguments, "Oi:set_awaitable", &o, &value)) return NULL;
    int *state = state_of(o);
    if (state == NULL || value < 0 || value > 2) {
        PyErr_SetString(PyExc_TypeError, "not an awaitable of an async generator, or no state of one");
        return NULL;
    }
    *state = value;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"capture", capture, METH_O,
     "capture(generator) -> (function, instruction, state, nulls, values, handled, flags); None when it has finished"},
    {"abandoned", abandoned, METH_O,
     "abandoned(frame) -> the suspended generators in the variables of a frame that has ended"},
    {"alloc", alloc, METH_O, "alloc(function) -> what a call of it makes, with an empty frame"},
    {"restore", restore, METH_VARARGS,
     "restore(generator, instruction, state, nulls, values, handled, flags): fill the frame of an empty one"},
    {"void", void_frames, METH_O,
     "void([(generator, instruction), …]): empty all frames without running their code, or none"},
    {"inspect_awaitable", inspect_awaitable, METH_O,
     "inspect_awaitable(o) -> the coroutine of a wrapper, or (async generator, value or whether it closes, state)"},
    {"set_awaitable", set_awaitable, METH_VARARGS, "set_awaitable(o, state): 0 new, 1 begun, 2 done"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "cluster.wire._frame", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit__frame(void) {
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL) return NULL;
    if (FrameError == NULL) FrameError = PyErr_NewException("cluster.wire._frame.FrameError", PyExc_RuntimeError, NULL);
    if (FrameError == NULL || PyModule_AddObjectRef(module, "FrameError", FrameError) < 0) Py_CLEAR(module);
    return module;
}
