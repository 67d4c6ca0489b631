using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Neural network modules and functions.</summary>
    public static partial class nn
    {
        /// <summary>
        /// A part of a network: parameters, buffers and submodules under their state-dict names. A subclass calls
        /// <see cref="RegisterComponents"/> at the end of its constructor, or registers them by name.
        /// </summary>
        public partial class Module : IDisposable
        {
            private bool registered;
            private bool disposed;
            private bool isTraining = true;

            /// <summary>The module's name, as <see cref="GetName"/> returns it.</summary>
            protected string? name;

            /// <summary>The submodules by name.</summary>
            protected OrderedDict<string, Module> _internal_submodules = new();

            /// <summary>The buffers by name, and whether each belongs to the state dict.</summary>
            protected OrderedDict<string, (Tensor, bool)> _internal_buffers = new();

            /// <summary>The parameters by name.</summary>
            protected OrderedDict<string, Parameter> _internal_params = new();

            /// <summary>A module without components.</summary>
            protected Module(string name) => this.name = name;

            /// <summary>The module's name: that of its class unless it was given another.</summary>
            public virtual string GetName() => string.IsNullOrEmpty(name) ? GetType().Name : name!;

            /// <summary>Whether the module was disposed.</summary>
            internal bool IsDisposed => disposed;

            /// <summary>Does nothing: tensors free themselves.</summary>
            ~Module() => Dispose(false);

            /// <summary>Disposes the module, its submodules, parameters and buffers.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Disposes the submodules, parameters and buffers.</summary>
            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || disposed) return;
                disposed = true;
                foreach ((_, (Tensor buffer, _)) in _internal_buffers) buffer.DetachFromDisposeScope().Dispose();
                foreach ((_, Parameter parameter) in _internal_params) parameter.DetachFromDisposeScope().Dispose();
                foreach ((_, Module module) in _internal_submodules) module.Dispose();
                DisposeNative();
            }

            /// <summary>Releases what a module holds besides components: a script's native module.</summary>
            private protected virtual void DisposeNative()
            {
            }

            /// <summary>Registers the fields that are modules, parameters or tensors (as buffers) under their names.</summary>
            protected internal virtual void RegisterComponents()
            {
                if (registered) return;
                foreach (FieldInfo field in Fields())
                {
                    string component = field.ComponentName();
                    if (_internal_submodules.ContainsKey(component) || _internal_params.ContainsKey(component) || _internal_buffers.ContainsKey(component)) continue;
                    switch (field.GetValue(this))
                    {
                        case Module module:
                            register_module(component, module);
                            break;
                        case Parameter parameter:
                            register_parameter(component, parameter);
                            break;
                        case Tensor tensor:
                            register_buffer(component, tensor);
                            break;
                    }
                }
                registered = true;
            }

            /// <summary>The fields of the class and its bases; one that is hidden by another of its name is left out.</summary>
            private IEnumerable<FieldInfo> Fields()
            {
                var seen = new HashSet<string>();
                for (Type? type = GetType(); type is not null && type != typeof(object); type = type.BaseType)
                    foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
                        if (seen.Add(field.Name)) yield return field;
            }

            /// <summary>Adds a buffer; one that is not persistent stays out of the state dict.</summary>
            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (tensor is null || tensor.IsInvalid) throw new ArgumentNullException(nameof(tensor), "A null tensor cannot be registered as a buffer.");
                if (!_internal_buffers.TryAdd(name, (tensor, persistent))) throw new InvalidOperationException($"Tensor {name} is already registered.");
            }

            /// <summary>Adds a parameter.</summary>
            public virtual void register_parameter(string name, Parameter param)
            {
                if (param is null || param.IsInvalid) throw new ArgumentNullException(nameof(param), "A null tensor cannot be registered as a parameter.");
                if (!_internal_params.TryAdd(name, param)) throw new InvalidOperationException($"Parameter {name} is already registered.");
            }

            /// <summary>Adds a submodule; null or a disposed one removes it.</summary>
            public virtual void register_module(string name, Module submodule)
            {
                if (submodule is null || submodule.disposed)
                {
                    _internal_submodules.Remove(name);
                    return;
                }
                if (name.Contains('.')) throw new ArgumentException($"module name can't contain \".\", got: {name}");
                if (name.Length == 0) throw new ArgumentException("module name can't be empty string \"\"");
                if (_internal_submodules.ContainsKey(name)) throw new InvalidOperationException($"Sub-module {name} is already registered.");
                submodule.RegisterComponents();
                _internal_submodules.Add(name, submodule);
            }

            /// <summary>Adds a submodule.</summary>
            public void add_module(string name, Module module) => register_module(name, module);

            /// <summary>Sets a parameter; null removes it.</summary>
            protected void ConditionallyRegisterParameter(string name, Parameter? value)
            {
                if (value is null) _internal_params.Remove(name);
                else _internal_params[name] = value;
            }

            /// <summary>Sets a buffer; null removes it.</summary>
            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true)
            {
                if (value is null) _internal_buffers.Remove(name);
                else _internal_buffers[name] = (value, persistent);
            }

            /// <summary>Puts a parameter, taken out of its dispose scope, in the place of another, which is disposed.</summary>
            private protected void ReplaceComponent(string name, ref Parameter? field, Parameter? value)
            {
                if (ReferenceEquals(field, value)) return;
                field?.Dispose();
                field = (Parameter?)value?.DetachFromDisposeScope();
                ConditionallyRegisterParameter(name, field);
            }

            /// <summary>Removes all submodules.</summary>
            protected void ClearModules() => _internal_submodules.Clear();

            /// <summary>Whether the module is in training mode.</summary>
            public virtual bool training => isTraining;

            /// <summary>Sets the training mode of the module and its submodules.</summary>
            public virtual void train(bool train = true)
            {
                isTraining = train;
                foreach ((_, Module module) in named_children()) module.train(train);
            }

            /// <summary>Ends the training mode of the module and its submodules.</summary>
            public virtual void eval() => train(false);

            /// <summary>Calls a function with every submodule, then with the module.</summary>
            public virtual Module apply(Action<Module> fn)
            {
                foreach ((_, Module module) in _internal_submodules) module.apply(fn);
                fn(this);
                return this;
            }

            /// <summary>Removes the gradients of all parameters, or sets them to zero.</summary>
            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach ((_, Parameter parameter) in named_parameters())
                {
                    using Tensor? grad = parameter.grad;
                    if (grad is null) continue;
                    if (set_to_none) parameter.grad = null;
                    else grad.zero_();
                }
            }
        }
    }
}
