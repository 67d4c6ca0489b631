using TorchSharp.Interop;

namespace TorchSharp;

// Gradient and inference modes of the thread; backward and grad.
public static partial class torch
{
    /// <summary>Restores the former mode when disposed.</summary>
    private sealed class GradMode : IDisposable
    {
        private readonly int former = Native.tss_grad_mode_enabled();

        public GradMode(bool enabled) => Native.tss_grad_mode_set(enabled ? 1 : 0);

        public void Dispose() => Native.tss_grad_mode_set(former);
    }

    private sealed class InferenceMode : IDisposable
    {
        private nint guard;

        public InferenceMode(bool enabled) => Native.Check(Native.tss_inference_mode_enter(enabled ? 1 : 0, out guard));

        public void Dispose()
        {
            if (guard != 0) Native.tss_inference_mode_leave(guard);
            guard = 0;
        }
    }

    /// <summary>Records no operations until disposed.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    /// <summary>Records operations (or not) until disposed.</summary>
    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    /// <summary>Records operations (or not) until disposed.</summary>
    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    /// <summary>Whether operations are recorded.</summary>
    public static bool is_grad_enabled() => Native.tss_grad_mode_enabled() != 0;

    /// <summary>As <see cref="no_grad"/>, and tensors made meanwhile can never be recorded; cheaper.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    /// <summary>Whether <see cref="inference_mode"/> is on.</summary>
    public static bool is_inference_mode_enabled() => Native.tss_inference_mode_enabled() != 0;

    /// <summary>Automatic differentiation.</summary>
    public static partial class autograd
    {
        private static nint[] Handles(IList<Tensor>? tensors) => tensors is null ? [] : tensors.Select(tensor => tensor is null ? 0 : (nint)tensor.Handle).ToArray();

        /// <summary>Accumulates the gradients of tensors into the leaves that they were computed from.</summary>
        public static unsafe void backward(IList<Tensor> tensors, IList<Tensor> grad_tensors = null!, bool? retain_graph = null, bool create_graph = false, IList<Tensor> inputs = null!)
        {
            nint[] outputs = Handles(tensors), grads = Handles(grad_tensors), leaves = Handles(inputs);
            fixed (nint* o = outputs, g = grads, i = leaves)
            {
                int status = Native.tss_backward(o, outputs.Length, g, grads.Length, (retain_graph ?? create_graph) ? 1 : 0, create_graph ? 1 : 0, i, leaves.Length);
                GC.KeepAlive(tensors);
                GC.KeepAlive(grad_tensors);
                GC.KeepAlive(inputs);
                Native.Check(status);
            }
        }

        /// <summary>Accumulates the gradients of a tensor into the leaves that it was computed from.</summary>
        public static void backward(Tensor tensor, IList<Tensor> grad_tensors = null!, bool? retain_graph = null, bool create_graph = false, IList<Tensor> inputs = null!) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        /// <summary>Accumulates the gradients of a tensor into the leaves that it was computed from.</summary>
        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor> inputs = null!) =>
            backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        /// <summary>The gradients of outputs with respect to inputs; null for an input that is not used, where that is allowed.</summary>
        public static unsafe IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor> grad_outputs = null!, bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            nint[] from = Handles(outputs), with = Handles(inputs), grads = Handles(grad_outputs);
            var results = new nint[with.Length];
            fixed (nint* o = from, i = with, g = grads, r = results)
            {
                int status = Native.tss_grad(o, from.Length, i, with.Length, g, grads.Length, retain_graph || create_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, r);
                GC.KeepAlive(outputs);
                GC.KeepAlive(inputs);
                GC.KeepAlive(grad_outputs);
                Native.Check(status);
            }
            return Array.ConvertAll(results, result => result == 0 ? null! : new Tensor(result));
        }
    }
}
