using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The entries of libTorchSharpSystem (native/src). A status of 0 means success; see <see cref="Check"/>.</summary>
internal static unsafe partial class Native
{
    private const string Library = "TorchSharpSystem";

    // libtorch starts with one thread where it was built against a serial BLAS; the user's own choice wins.
    static Native()
    {
        if (Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null && Environment.GetEnvironmentVariable("MKL_NUM_THREADS") is null)
            Check(tss_set_num_threads(Environment.ProcessorCount));
    }

    /// <summary>Throws libtorch's message for a failed status, as TorchSharp does.</summary>
    public static void Check(int status)
    {
        if (status != 0) Throw();
    }

    private static void Throw() => throw new ExternalException(Marshal.PtrToStringUTF8(tss_error_message()));

    [LibraryImport(Library)] private static partial nint tss_error_message();

    // Operators
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int tss_operator_find(string name, string overload, out nint op);
    [LibraryImport(Library)]
    public static partial int tss_operator_call(nint op, NativeValue* arguments, int count, NativeValue* results, int wanted);
    [LibraryImport(Library)] public static partial int tss_index_get(nint tensor, NativeValue* indices, int count, out nint result);
    [LibraryImport(Library)] public static partial int tss_index_set(nint tensor, NativeValue* indices, int count, nint value);

    // Tensors
    [LibraryImport(Library)] public static partial void tss_tensor_dispose(nint tensor);
    [LibraryImport(Library)] public static partial int tss_tensor_alias(nint tensor, out nint result);
    [LibraryImport(Library), SuppressGCTransition] public static partial int tss_tensor_describe(nint tensor, TensorDescription* description);
    [LibraryImport(Library)] public static partial int tss_tensor_data(nint tensor, out nint data);
    [LibraryImport(Library)] public static partial int tss_tensor_from_blob(nint data, long* sizes, long dim, int dtype, delegate* unmanaged<nint, void> free, nint context, out nint result);
    [LibraryImport(Library)] public static partial int tss_tensor_is_flagged(nint tensor, out int isConj, out int isNeg, out int isInference);

    // Autograd
    [LibraryImport(Library)] public static partial int tss_grad_mode_enabled();
    [LibraryImport(Library)] public static partial void tss_grad_mode_set(int enabled);
    [LibraryImport(Library)] public static partial int tss_inference_mode_enabled();
    [LibraryImport(Library)] public static partial int tss_inference_mode_enter(int enabled, out nint guard);
    [LibraryImport(Library)] public static partial void tss_inference_mode_leave(nint guard);
    [LibraryImport(Library)] public static partial int tss_anomaly_enabled(out int checkNaN);
    [LibraryImport(Library)] public static partial void tss_anomaly_set(int enabled, int checkNaN);
    [LibraryImport(Library)] public static partial int tss_tensor_requires_grad(nint tensor, out int result);
    [LibraryImport(Library)] public static partial int tss_tensor_set_requires_grad(nint tensor, int value);
    [LibraryImport(Library)] public static partial int tss_tensor_is_leaf(nint tensor, out int result);
    [LibraryImport(Library)] public static partial int tss_tensor_retain_grad(nint tensor);
    [LibraryImport(Library)] public static partial int tss_tensor_grad(nint tensor, out nint result);
    [LibraryImport(Library)] public static partial int tss_tensor_set_grad(nint tensor, nint grad);
    [LibraryImport(Library)] public static partial int tss_backward(nint* outputs, int count, nint* grads, int gradCount, int retainGraph, int createGraph, nint* inputs, int inputCount);
    [LibraryImport(Library)] public static partial int tss_grad(nint* outputs, int count, nint* inputs, int inputCount, nint* grads, int gradCount, int retainGraph, int createGraph, int allowUnused, nint* results);

    // Functions with gradients written in .NET
    [LibraryImport(Library)] public static partial int tss_function_begin(nint context, delegate* unmanaged<nint, nint, nint*, int, nint*, int, int> backward, delegate* unmanaged<nint, void> free, nint* inputs, int count, out nint node, out int recorded);
    [LibraryImport(Library)] public static partial int tss_function_finish(nint node, int recorded, nint* inputs, int inputCount, nint* outputs, int outputCount, nint* dirty, int dirtyCount, nint* constants, int constantCount, nint* saved, int savedCount, nint* results);
    [LibraryImport(Library)] public static partial int tss_function_saved(nint node, nint* results);
    [LibraryImport(Library)] public static partial int tss_function_saved_count(nint node);
    [LibraryImport(Library)] public static partial void tss_function_release(nint node);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial void tss_function_failed(string message);

    // Generators
    [LibraryImport(Library)] public static partial int tss_generator_new(ulong seed, out nint result);
    [LibraryImport(Library)] public static partial int tss_generator_default(int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] public static partial void tss_generator_dispose(nint generator);
    [LibraryImport(Library)] public static partial int tss_manual_seed(ulong seed);
    [LibraryImport(Library)] public static partial int tss_generator_manual_seed(nint generator, ulong seed);
    [LibraryImport(Library)] public static partial int tss_generator_seed(nint generator, out ulong seed);
    [LibraryImport(Library)] public static partial int tss_generator_current_seed(nint generator, out ulong seed);
    [LibraryImport(Library)] public static partial int tss_generator_get_state(nint generator, out nint state);
    [LibraryImport(Library)] public static partial int tss_generator_set_state(nint generator, nint state);

    // TorchScript
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int tss_script_load(string path, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] public static partial int tss_script_load_bytes(byte* bytes, long size, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int tss_script_save(nint module, string path);
    [LibraryImport(Library)] public static partial void tss_script_dispose(nint module);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int tss_script_call(nint module, string method, NativeValue* arguments, int count, out NativeValue* tree, out long nodes);
    [LibraryImport(Library)] public static partial int tss_script_arity(nint module, out int inputs, out int outputs);
    [LibraryImport(Library)] public static partial int tss_script_is_training(nint module, out int training);
    [LibraryImport(Library)] public static partial int tss_script_train(nint module, int on);
    [LibraryImport(Library)] public static partial int tss_script_to(nint module, int dtype, int deviceType, int deviceIndex);
    [LibraryImport(Library)] public static partial int tss_script_tensors(nint module, int kind, int recurse, out byte** names, out nint* tensors, out long count);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int tss_script_set_tensor(nint module, string name, nint tensor);
    [LibraryImport(Library)] public static partial int tss_script_modules(nint module, int all, out byte** names, out nint* modules, out long count);

    // Runtime
    [LibraryImport(Library)] public static partial int tss_get_num_threads();
    [LibraryImport(Library)] public static partial int tss_set_num_threads(int count);
    [LibraryImport(Library)] public static partial int tss_get_num_interop_threads();
    [LibraryImport(Library)] public static partial int tss_set_num_interop_threads(int count);
    [LibraryImport(Library)] public static partial int tss_cuda_is_available();
    [LibraryImport(Library)] public static partial int tss_cuda_device_count();
    [LibraryImport(Library)] public static partial int tss_cudnn_is_available();
    [LibraryImport(Library)] public static partial int tss_mps_is_available();
    [LibraryImport(Library)] public static partial int tss_cuda_synchronize(int deviceIndex);
    [LibraryImport(Library)] private static partial nint tss_version();

    /// <summary>libtorch's version, such as "1.13.1".</summary>
    public static string Version => Marshal.PtrToStringUTF8(tss_version())!;
}
