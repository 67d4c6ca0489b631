using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>What a function keeps between its forward and its backward step.</summary>
        public class AutogradContext : IDisposable
        {
            private readonly Dictionary<string, object> data = [];

            internal AutogradContext(Func<AutogradContext, List<Tensor>, List<Tensor>> backward, string name, bool[] isTensor)
            {
                Backward = backward;
                Name = name;
                IsTensor = isTensor;
            }

            internal Func<AutogradContext, List<Tensor>, List<Tensor>> Backward { get; }
            internal string Name { get; }
            internal bool[] IsTensor { get; }
            internal List<Tensor> Saved { get; private set; } = [];
            internal List<Tensor> Dirty { get; private set; } = [];
            internal List<Tensor> Constants { get; private set; } = [];
            /// <summary>Shape, type and device of each output.</summary>
            internal List<(long[] Shape, ScalarType Type, Device Device)> Outputs { get; } = [];
            /// <summary>The native node, during backward.</summary>
            internal nint Node { get; set; }

            /// <summary>Whether gradients that are not there come as zeros (else as null).</summary>
            public bool MaterializeGrads { get; private set; } = true;

            /// <summary>Keeps tensors for backward.</summary>
            public void save_for_backward(List<Tensor> tensors) => Saved = tensors;

            /// <summary>Keeps a value that is not a tensor.</summary>
            public void save_data(string key, object value) => data[key] = value;

            /// <summary>The value kept under a key; null where there is none.</summary>
            public object get_data(string key) => data.GetValueOrDefault(key)!;

            /// <summary>Says which inputs forward changed in place.</summary>
            public void mark_dirty(List<Tensor> tensors) => Dirty = tensors;

            /// <summary>Says which outputs have no gradient.</summary>
            public void mark_non_differentiable(List<Tensor> tensors) => Constants = tensors;

            /// <summary>Sets <see cref="MaterializeGrads"/>.</summary>
            public void set_materialize_grads(bool value) => MaterializeGrads = value;

            /// <summary>The tensors that were kept, during backward.</summary>
            public unsafe List<Tensor> get_saved_variables()
            {
                if (Node == 0) throw new InvalidOperationException("Saved tensors are at hand in backward only.");
                var handles = new nint[Native.tss_function_saved_count(Node)];
                fixed (nint* results = handles) Native.Check(Native.tss_function_saved(Node, results));
                return handles.Select(handle => handle == 0 ? null! : new Tensor(handle)).ToList();
            }

            internal void Forget() => (Saved, Dirty, Constants) = ([], [], []);

            /// <summary>Forgets the kept values.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Forgets the kept values.</summary>
            protected virtual void Dispose(bool disposing) => data.Clear();
        }

        /// <summary>A function with a gradient of its own.</summary>
        public abstract class Function<T> where T : Function<T>, new()
        {
            private static readonly T instance = new();

            /// <summary>A function.</summary>
            protected Function()
            {
            }

            /// <summary>The function's name, for errors.</summary>
            public abstract string Name { get; }

            internal abstract List<Tensor> Forward(AutogradContext context, object[] values);

            internal abstract List<Tensor> Backward(AutogradContext context, List<Tensor> grads);

            /// <summary>Calls the function; tensors among the arguments take part in the gradient.</summary>
            public static unsafe List<Tensor> apply_internal(params object[] vars)
            {
                bool[] isTensor = Array.ConvertAll(vars, value => value is Tensor { IsInvalid: false });
                Tensor[] inputs = vars.Where((_, i) => isTensor[i]).Cast<Tensor>().ToArray();
                var context = new AutogradContext(instance.Backward, instance.Name, isTensor);
                nint[] inputHandles = Array.ConvertAll(inputs, tensor => (nint)tensor.Handle);
                nint node;
                int recorded;
                GCHandle self = GCHandle.Alloc(context);
                fixed (nint* i = inputHandles)
                {
                    int status = Native.tss_function_begin(GCHandle.ToIntPtr(self), &Callbacks.Backward, &Callbacks.Free, i, inputs.Length, out node, out recorded);
                    Native.Check(status);
                }
                try
                {
                    List<Tensor> outputs;
                    using (no_grad()) outputs = instance.Forward(context, vars);
                    foreach (Tensor output in outputs) context.Outputs.Add((output.shape, output.dtype, output.device));
                    nint[] outputHandles = Handles(outputs), dirty = Handles(context.Dirty), constants = Handles(context.Constants), saved = Handles(context.Saved);
                    var results = new nint[outputs.Count];
                    fixed (nint* i = inputHandles, o = outputHandles, d = dirty, c = constants, s = saved, r = results)
                        Native.Check(Native.tss_function_finish(node, recorded, i, inputs.Length, o, outputs.Count, d, dirty.Length, c, constants.Length, s, saved.Length, r));
                    GC.KeepAlive(inputs);
                    GC.KeepAlive(context.Saved);
                    // The results are the outputs themselves, now with a history; the objects of forward are not needed any more.
                    List<Tensor> wrapped = results.Select(result => new Tensor(result)).ToList();
                    foreach (Tensor output in outputs)
                        if (!inputs.Contains(output, ReferenceEqualityComparer.Instance) && !context.Saved.Contains(output, ReferenceEqualityComparer.Instance)) output.Dispose();
                    return wrapped;
                }
                finally
                {
                    context.Forget();
                    Native.tss_function_release(node);
                }
            }
        }

        /// <summary>A function of one result with a gradient of its own.</summary>
        public abstract class SingleTensorFunction<T> : Function<T> where T : SingleTensorFunction<T>, new()
        {
            /// <summary>A function.</summary>
            protected SingleTensorFunction()
            {
            }

            /// <summary>The result. Not recorded.</summary>
            public abstract Tensor forward(AutogradContext ctx, params object[] vars);

            /// <summary>The gradients of all arguments, null for those without, from the result's.</summary>
            public abstract List<Tensor> backward(AutogradContext ctx, Tensor grad_output);

            /// <summary>Calls the function; tensors among the arguments take part in the gradient.</summary>
            public static Tensor apply(params object[] vars) => apply_internal(vars)[0];

            internal sealed override List<Tensor> Forward(AutogradContext context, object[] values) => [forward(context, values)];

            internal sealed override List<Tensor> Backward(AutogradContext context, List<Tensor> grads) => backward(context, grads[0]);
        }

        /// <summary>A function of several results with a gradient of its own.</summary>
        public abstract class MultiTensorFunction<T> : Function<T> where T : MultiTensorFunction<T>, new()
        {
            /// <summary>A function.</summary>
            protected MultiTensorFunction()
            {
            }

            /// <summary>The results. Not recorded.</summary>
            public abstract List<Tensor> forward(AutogradContext ctx, params object[] vars);

            /// <summary>The gradients of all arguments, null for those without, from the results'.</summary>
            public abstract List<Tensor> backward(AutogradContext ctx, List<Tensor> grad_outputs);

            /// <summary>Calls the function; tensors among the arguments take part in the gradient.</summary>
            public static List<Tensor> apply(params object[] vars) => apply_internal(vars);

            internal sealed override List<Tensor> Forward(AutogradContext context, object[] values) => forward(context, values);

            internal sealed override List<Tensor> Backward(AutogradContext context, List<Tensor> grads) => backward(context, grads);
        }

        /// <summary>What the graph calls, on whatever thread runs it.</summary>
        private static unsafe class Callbacks
        {
            [UnmanagedCallersOnly]
            public static void Free(nint context) => GCHandle.FromIntPtr(context).Free();

            [UnmanagedCallersOnly]
            public static int Backward(nint self, nint node, nint* grads, int count, nint* results, int wanted)
            {
                try
                {
                    var context = (AutogradContext)GCHandle.FromIntPtr(self).Target!;
                    using DisposeScope scope = NewDisposeScope();
                    var inputs = new List<Tensor>();
                    for (int i = 0; i < count; i++)
                        inputs.Add(grads[i] != 0 ? new Tensor(grads[i]) : context.MaterializeGrads ? Zeros(context.Outputs[i]) : null!);
                    context.Node = node;
                    List<Tensor> outputs;
                    try { outputs = context.Backward(context, inputs); }
                    finally { context.Node = 0; }
                    if (outputs.Count < context.IsTensor.Length)
                        throw new InvalidOperationException($"Function {context.Name} returned an incorrect number of gradients (expected {context.IsTensor.Length}, got {outputs.Count})");
                    int at = 0;
                    for (int i = 0; i < context.IsTensor.Length && at < wanted; i++)
                    {
                        if (!context.IsTensor[i]) continue;
                        if (outputs[i] is { IsInvalid: false } grad) Native.Check(Native.tss_tensor_alias(grad.Handle, out results[at]));
                        at++;
                    }
                    return 0;
                }
                catch (Exception exception)
                {
                    Native.tss_function_failed(exception.Message);
                    return 1;
                }
            }

            private static Tensor Zeros((long[] Shape, ScalarType Type, Device Device) output) => zeros(output.Shape, output.Type, output.Device);
        }
    }
}
