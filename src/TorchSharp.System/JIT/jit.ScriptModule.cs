using System.Runtime.InteropServices;
using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>TorchScript: networks that were exported from Python with their code.</summary>
    public static partial class jit
    {
        /// <summary>
        /// A network exported from Python. Its parameters and buffers are listed under their paths. Tensors, scalars, numbers,
        /// truth values, null and arrays of tensors can be passed; tensors, scalars, null, and tuples and lists of them come
        /// back: a tuple of more than five as an array.
        /// </summary>
        public unsafe class ScriptModule : nn.Module
        {
            private readonly ScriptHandle module;

            internal ScriptModule(nint handle) : base("")
            {
                module = new ScriptHandle(handle);
                foreach ((string path, Tensor tensor) in Tensors(kind: 0, recurse: true))
                    _internal_params[path] = (Parameter)new Parameter(tensor, tensor.requires_grad).DetachFromDisposeScope();
                foreach ((string path, Tensor tensor) in Tensors(kind: 1, recurse: true))
                    _internal_buffers[path] = (tensor.DetachFromDisposeScope(), true);
            }

            /// <summary>The native module, for saving.</summary>
            internal nint NativeModule => module.Value;

            /// <summary>Calls the script's forward function.</summary>
            public object forward(params object[] input) => invoke("forward", input);

            /// <summary>Calls the script's forward function.</summary>
            public object call(params object[] input) => forward(input);

            /// <summary>Calls a function of the script.</summary>
            public object invoke(string name, params object[] objs)
            {
                if (string.IsNullOrEmpty(name)) throw new ArgumentNullException(nameof(name), "method name");
                Arg[] args = Array.ConvertAll(objs, ScriptValues.ToArg!);
                var values = new NativeValue[args.Length];
                var scratch = new long[Marshaller.ScratchWords(args)];
                fixed (NativeValue* to = values)
                fixed (long* words = scratch)
                {
                    Marshaller.Write(args, to, words);
                    int status = Native.tss_script_call(module.Value, name, to, args.Length, out NativeValue* tree, out long nodes);
                    GC.KeepAlive(this);
                    GC.KeepAlive(args);
                    Native.Check(status);
                    return ScriptValues.ToObject(name, tree, nodes)!;
                }
            }

#nullable disable // As TorchSharp declares them.
            /// <summary>Calls a function of the script whose result is of a type.</summary>
            public TResult invoke<TResult>(string name, params object[] inputs) => (TResult)invoke(name, inputs);
#nullable restore

            /// <summary>The attributes that are tensors by path: parameters, buffers and others.</summary>
            public (string, Tensor)[] named_attributes(bool recurse = true) => [.. Tensors(kind: 2, recurse)];

            /// <summary>Sets an attribute that is a tensor.</summary>
            public void set_attribute(string name, Tensor buffer)
            {
                Native.Check(Native.tss_script_set_tensor(module.Value, name, buffer.Handle));
                GC.KeepAlive(buffer);
            }

            /// <inheritdoc/>
            public override IEnumerable<(string name, nn.Module module)> named_modules() => Modules(all: true).Where(entry => entry.name.Length > 0);

            /// <inheritdoc/>
            public override IEnumerable<(string name, nn.Module module)> named_children() => Modules(all: false);

            /// <summary>How many inputs the forward function takes.</summary>
            public int GetNumberOfInputs()
            {
                Native.Check(Native.tss_script_arity(module.Value, out int inputs, out _));
                return inputs;
            }

            /// <summary>How many outputs the forward function has.</summary>
            public int GetNumberOfOutputs()
            {
                Native.Check(Native.tss_script_arity(module.Value, out _, out int outputs));
                return outputs;
            }

            /// <inheritdoc/>
            public override bool training
            {
                get
                {
                    Native.Check(Native.tss_script_is_training(module.Value, out int result));
                    return result != 0;
                }
            }

            /// <summary>Sets the training mode; a traced module stays as it was traced.</summary>
            public override void train(bool on = true) => Native.Check(Native.tss_script_train(module.Value, on ? 1 : 0));

            /// <summary>Ends the training mode; a traced module stays as it was traced.</summary>
            public override void eval() => train(false);

            /// <summary>Converts the module to a floating-point type.</summary>
            protected internal override nn.Module _to(ScalarType dtype, bool non_blocking) => To(dtype, null);

            /// <summary>Moves the module to a device.</summary>
            protected internal override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
                To(null, new Device(deviceType, deviceType == DeviceType.CUDA ? deviceIndex : -1));

            /// <summary>Converts the module to a floating-point type and moves it to a device.</summary>
            protected internal override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) => To(dtype, device);

            private protected override void DisposeNative() => module.Dispose();

            private ScriptModule To(ScalarType? dtype, Device? device)
            {
                if (device is not null) InitializeDeviceType(device.type);

                // The tensors that the module lists are the script's own and change with it.
                Native.Check(Native.tss_script_to(module.Value, (int?)dtype ?? -1, (int?)device?.type ?? -1, device?.index ?? -1));
                return this;
            }

            private List<(string, Tensor)> Tensors(int kind, bool recurse)
            {
                Native.Check(Native.tss_script_tensors(module.Value, kind, recurse ? 1 : 0, out byte** names, out nint* tensors, out long count));
                var list = new List<(string, Tensor)>();
                for (long i = 0; i < count; i++) list.Add((Marshal.PtrToStringUTF8((nint)names[i])!, new Tensor(tensors[i])));
                return list;
            }

            private List<(string name, nn.Module module)> Modules(bool all)
            {
                Native.Check(Native.tss_script_modules(module.Value, all ? 1 : 0, out byte** names, out nint* modules, out long count));

                // Making a module asks the native side for its tensors, which ends the life of this listing.
                var entries = new (string Name, nint Module)[count];
                for (long i = 0; i < count; i++) entries[i] = (Marshal.PtrToStringUTF8((nint)names[i])!, modules[i]);
                return [.. entries.Select(entry => (entry.Name, (nn.Module)new ScriptModule(entry.Module)))];
            }
        }
    }
}
